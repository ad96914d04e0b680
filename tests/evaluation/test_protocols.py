"""The protocols on tiny generated pairs."""

from __future__ import annotations

import struct
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from evaluated import SCALE, pair, scene
from torch import Tensor, nn

from opticalzoom.errors import ConfigError, PairError
from opticalzoom.evaluation.methods import BICUBIC, SHIPPED, EvalPair, Method
from opticalzoom.evaluation.protocols import Evaluation, evaluate
from opticalzoom.models import build
from opticalzoom.models.base import ZoomModel, ZoomOutput
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.photograph import from_float
from opticalzoom.photo.raw.raw_file import render
from opticalzoom.weights.contract import Contract


class Recorder(ZoomModel):
    """Enlarges by nearest neighbour and remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.contract = Contract(SCALE)
        self.references: list[Tensor | None] = []

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        self.references.append(reference)
        return ZoomOutput(nn.functional.interpolate(x, scale_factor=SCALE))


class Shifted(ZoomModel):
    """Bicubic, but everything 3 pixels further right, too dark and too red."""

    def __init__(self) -> None:
        super().__init__()
        self.contract = Contract(SCALE)
        self.bicubic = build("bicubic", scale=SCALE)

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        colours = torch.tensor([0.95, 0.8, 0.8]).view(1, 3, 1, 1)
        return ZoomOutput(self.bicubic(x).image.roll(3, dims=-1) * colours)


def run_pairs(*pairs: EvalPair, protocols: tuple[str, ...] = ("honest",), **models: nn.Module) -> Evaluation:
    chosen = [Method(name, model) for name, model in (models or {"recorder": Recorder()}).items()]
    return evaluate(chosen, [lambda pair=pair: pair for pair in pairs], protocols)


def scores(result: Evaluation, method: str, protocol: str = "honest") -> list[dict[str, float]]:
    return [row.scores for row in result.rows if (row.method, row.protocol) == (method, protocol)]


def test_bicubic_model_equals_the_bicubic_row():
    result = run_pairs(pair(0), pair(1), protocols=("honest", "oracle"), mine=build("bicubic", scale=SCALE))
    for protocol in ("honest", "oracle"):
        assert len(scores(result, BICUBIC, protocol)) == 2
        assert scores(result, "mine", protocol) == scores(result, BICUBIC, protocol)
    assert not result.skipped


def test_only_the_oracle_sees_the_truth():
    recorder = Recorder()
    one = pair(0)
    run_pairs(one, protocols=("honest", "aligned", "oracle"), recorder=recorder)
    assert recorder.references[:-1] == [None]  # honest and aligned score the same picture
    expected = cv2.resize(one.y, one.x.shape[1::-1], interpolation=cv2.INTER_AREA) / 255
    reference = recorder.references[-1]
    assert reference is not None
    np.testing.assert_allclose(reference[0].permute(1, 2, 0), expected, atol=0.5 / 255 + 1e-6)


def test_aligned_forgives_a_shift_and_a_colour_cast():
    result = run_pairs(pair(0), protocols=("honest", "aligned"), shifted=Shifted())
    (honest,), (aligned,) = scores(result, "shifted"), scores(result, "shifted", "aligned")
    (bicubic,) = scores(result, BICUBIC, "aligned")
    assert honest["psnr_rgb"] < bicubic["psnr_rgb"] - 5
    assert aligned["psnr_rgb"] > bicubic["psnr_rgb"] - 1


def test_aligned_figures_do_not_depend_on_other_methods():
    alone = run_pairs(pair(0), protocols=("aligned",), recorder=Recorder())
    together = run_pairs(pair(0), protocols=("aligned",), recorder=Recorder(), shifted=Shifted())
    assert scores(alone, "recorder", "aligned") == scores(together, "recorder", "aligned")


def test_aligned_takes_a_target_of_another_size():
    whole, (top, left) = pair(0), (4, 6)
    result = run_pairs(pair(0, y=whole.y[top:92, left:120]), protocols=("aligned",))
    assert not result.skipped
    (bicubic,) = scores(result, BICUBIC, "aligned")
    (honest,) = scores(run_pairs(whole), BICUBIC)
    assert bicubic["psnr_rgb"] == pytest.approx(honest["psnr_rgb"], abs=1)


def test_resized_models_get_the_enlarged_input_and_it_is_a_row_if_shipped():
    result = run_pairs(pair(0, shipped=True), pair(1), mine=build("bicubic", scale=SCALE, input="resized"))
    assert scores(result, SHIPPED) == scores(result, "mine")[:1]  # for this kind bicubic is the input itself
    assert len(scores(result, "mine")) == 2


def test_bad_pairs_are_listed_and_the_rest_goes_on():
    def unreadable() -> EvalPair:
        raise PairError("is cut short.", path="broken.png")

    def odd() -> EvalPair:
        raise struct.error("4 bytes")

    wrong_size = pair(1, y=scene(1, 90, 128))
    other_scene = pair(2, y=scene(7))
    loaders = [unreadable, odd, lambda: wrong_size, lambda: other_scene, lambda: pair(3)]
    result = evaluate([Method("recorder", Recorder())], loaders, ("honest", "aligned"))
    assert {row.name for row in result.rows if row.protocol == "aligned"} >= {"pair3"}
    assert result.skipped[0] == "broken.png: is cut short."
    assert result.skipped[1].startswith("an unforeseen error (error: 4 bytes).")
    assert "pair1, honest: Y has 90×128 pixels, the enlarged X 96×128." in result.skipped[2]
    assert any("pair2, aligned: X cannot be registered to Y" in reason for reason in result.skipped)


def test_too_small_for_ssim_is_listed():
    tiny = np.zeros((4, 4, 3), np.uint8)
    result = run_pairs(pair(0, x=tiny, enlarged=np.zeros((8, 8, 3), np.uint8), y=np.zeros((8, 8, 3), np.uint8)))
    assert not result.rows
    assert "SSIM needs at least 11×11" in result.skipped[0]


def test_models_must_have_one_scale():
    with pytest.raises(ConfigError):
        run_pairs(pair(0), a=Recorder(), b=build("bicubic", scale=3))


def test_raw_models_need_a_mosaic():
    result = run_pairs(pair(0), raw=build("bicubic", scale=SCALE, input="raw"))
    assert not result.rows
    assert "no mosaic" in result.skipped[0]


@pytest.mark.parametrize("white_balance", ["input", "target"])
def test_raw_models_are_scored_in_srgb(white_balance):
    quiet = MosaicSimulation(shot_noise=(1e-9, 1e-9), read_noise=(1e-5, 1e-5))
    raw = quiet.shoot(pair(0).x, "a")
    developed = from_float(render(raw), np.uint8)
    one = pair(0, x=developed, raw=raw)
    model = build("bicubic", scale=SCALE, input="raw")
    result = evaluate([Method("raw", model, white_balance)], [lambda: one], ["honest", "oracle"])
    scores = {(row.protocol, row.method): row.scores["psnr_rgb"] for row in result.rows}
    assert not result.skipped
    # Half the colours' resolution, but the same picture: no shift of place or colour.
    assert scores["honest", BICUBIC] - 4 < scores["honest", "raw"] < scores["honest", BICUBIC] + 1
    assert scores["honest", "raw"] > 18


def test_only_trusted_pixels_are_scored():
    good = pair(0)
    trusted = np.ones(good.y.shape[:2], bool)
    trusted[:40] = False
    spoilt = good.y.copy()
    spoilt[:40, :64] = 255 - spoilt[:40, :64]
    result = run_pairs(pair(0, trusted=trusted), pair(0, y=spoilt, trusted=trusted), pair(0, y=spoilt))
    one, other, whole = scores(result, BICUBIC)
    assert one["psnr_rgb"] == other["psnr_rgb"] > whole["psnr_rgb"]


def test_aligned_scores_only_trusted_pixels():
    good = pair(0)
    trusted = np.ones(good.y.shape[:2], bool)
    trusted[:, 64:] = False
    left = replace(good, y=good.y.copy())
    left.y[40:44, 100:104] = 255  # too small a spot to be seen by the registration
    whole, masked = (
        run_pairs(good, protocols=("aligned",)),
        run_pairs(replace(left, trusted=trusted), protocols=("aligned",)),
    )
    assert scores(masked, BICUBIC, "aligned")[0]["psnr_rgb"] == pytest.approx(
        scores(whole, BICUBIC, "aligned")[0]["psnr_rgb"], abs=1.0
    )
    unmasked = run_pairs(left, protocols=("aligned",))
    assert scores(unmasked, BICUBIC, "aligned")[0]["psnr_rgb"] < scores(masked, BICUBIC, "aligned")[0]["psnr_rgb"] - 1
