"""The protocols and the verb ``evaluate`` on tiny generated pairs."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from opticalzoom.cli import evaluate as verb
from opticalzoom.engines.checkpoint import ModelCard, save_model
from opticalzoom.errors import ConfigError, OpticalZoomError, OutputExistsError, PairError
from opticalzoom.evaluation.methods import BICUBIC, SHIPPED, EvalPair
from opticalzoom.evaluation.protocols import PROTOCOLS, Evaluation, evaluate
from opticalzoom.metrics import METRICS
from opticalzoom.models import build
from opticalzoom.models.base import ZoomOutput
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.photograph import from_float
from opticalzoom.photo.raw.raw_file import render
from opticalzoom.weights.contract import Contract

SCALE = 2


def scene(seed: int, height: int = 96, width: int = 128) -> np.ndarray:
    """Blurred noise at two sizes: structure that registration finds, H×W×3 uint8."""
    random = np.random.default_rng(seed)
    layers = [cv2.GaussianBlur(random.normal(size=(height, width, 3)), (0, 0), sigma) * sigma for sigma in (1.5, 5)]
    image = sum(layers)
    return np.clip(128 + 60 * image / image.std(), 0, 255).astype(np.uint8)


def pair(seed: int, **changes: object) -> EvalPair:
    y = scene(seed)
    x = cv2.resize(y, None, fx=1 / SCALE, fy=1 / SCALE, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(x, y.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return EvalPair(**{"name": f"pair{seed}", "x": x, "enlarged": enlarged, "y": y, **changes})  # type: ignore[arg-type]


class Recorder(nn.Module):
    """Enlarges by nearest neighbour and remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.contract = Contract(SCALE)
        self.references: list[Tensor | None] = []

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        self.references.append(reference)
        return ZoomOutput(nn.functional.interpolate(x, scale_factor=SCALE))


class Shifted(nn.Module):
    """Bicubic, but everything 3 pixels further right, too dark and too red."""

    def __init__(self) -> None:
        super().__init__()
        self.contract = Contract(SCALE)
        self.bicubic = build("bicubic", scale=SCALE)

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        colours = torch.tensor([0.95, 0.8, 0.8]).view(1, 3, 1, 1)
        return ZoomOutput(self.bicubic(x).image.roll(3, dims=-1) * colours)


def run_pairs(*pairs: EvalPair, protocols: tuple[str, ...] = ("honest",), **models: nn.Module) -> Evaluation:
    chosen = models or {"recorder": Recorder()}
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

    wrong_size = pair(1, y=scene(1, 90, 128))
    other_scene = pair(2, y=scene(7))
    loaders = [unreadable, lambda: wrong_size, lambda: other_scene, lambda: pair(3)]
    result = evaluate({"recorder": Recorder()}, loaders, ("honest", "aligned"))
    assert {row.name for row in result.rows if row.protocol == "aligned"} >= {"pair3"}
    assert result.skipped[0] == "broken.png: is cut short."
    assert "pair1, honest: Y has 90×128 pixels, the enlarged X 96×128." in result.skipped[1]
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
    result = evaluate({"raw": model}, [lambda: one], ["honest", "oracle"], {"raw": white_balance})
    scores = {(row.protocol, row.method): row.scores["psnr_rgb"] for row in result.rows}
    assert not result.skipped
    # Half the colours' resolution, but the same picture: no shift of place or colour.
    assert scores["honest", BICUBIC] - 4 < scores["honest", "raw"] < scores["honest", BICUBIC] + 1
    assert scores["honest", "raw"] > 18


def test_the_verb_develops_mosaics_for_weights_of_photos(folder):
    card = ModelCard("bicubic", {"scale": SCALE, "input": "raw"})
    save_model(folder / "raw.safetensors", build("bicubic", scale=SCALE, input="raw"), card)
    weights = ["--weights", str(folder / "ours.safetensors"), str(folder / "raw.safetensors")]
    arguments = [*weights, "--data", str(folder / "data"), "--split", "all", "-o", str(folder / "out")]
    assert verb.run_evaluate(arguments) == 0
    with (folder / "out" / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["method"] for row in rows} == {"bicubic", "ours", "raw"}
    assert {row["name"] for row in rows} == {"pair0", "pair1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good pairs and one of the wrong size as parallel folders, and weights."""
    for seed in range(3):
        one = pair(seed)
        for kind, image in (("x", one.x), ("y", one.y[: 90 if seed == 2 else None])):
            (tmp_path / "data" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(tmp_path / "data" / kind / f"pair{seed}.png")
    card = ModelCard("bicubic", {"scale": SCALE})
    save_model(tmp_path / "ours.safetensors", build("bicubic", scale=SCALE), card)
    return tmp_path


def run_verb(folder: Path, *more: str) -> int:
    places = ["--weights", str(folder / "ours.safetensors"), "--data", str(folder / "data"), "-o", str(folder / "out")]
    return verb.run_evaluate([*places, "--split", "all", *more])


def test_verb_writes_all_results(folder, capsys):
    assert run_verb(folder, "--protocol", *PROTOCOLS) == 0
    out = folder / "out"
    assert sorted(path.name for path in out.iterdir()) == ["contact.png", "results.csv", "results.json", "table.md"]

    rows = list(csv.DictReader((out / "results.csv").open()))
    assert list(rows[0]) == ["name", "method", "protocol", *METRICS, "seconds"]
    honest = [row for row in rows if row["protocol"] == "honest"]
    assert [(row["name"], row["method"]) for row in honest] == [
        ("pair0", "bicubic"),
        ("pair0", "ours"),
        ("pair1", "bicubic"),
        ("pair1", "ours"),
    ]

    results = json.loads((out / "results.json").read_text())
    mean = np.mean([float(row["psnr_y"]) for row in honest if row["method"] == "ours"])
    ours = next(m for m in results["means"] if (m["protocol"], m["method"]) == ("honest", "ours"))
    assert ours["scores"]["psnr_y"] == pytest.approx(mean, abs=1e-5)
    assert ours["images"] == 2
    assert "--protocol honest aligned oracle" in results["command"]
    assert any("pair2, honest: Y has 90×128 pixels" in reason for reason in results["skipped"])

    table = (out / "table.md").read_text()
    assert "it sees the ground truth" in table
    assert f"| ours | {mean:.2f} |" in table
    assert "pair2, honest" in table
    assert "pair2, honest" in capsys.readouterr().out


def test_verb_replaces_results_only_when_asked(folder):
    run_verb(folder)
    with pytest.raises(OutputExistsError):
        run_verb(folder)
    assert run_verb(folder, "--overwrite") == 0


def test_verb_without_usable_pairs_writes_nothing(folder):
    for seed in range(2):
        (folder / "data" / "y" / f"pair{seed}.png").write_bytes(b"no picture")
    with pytest.raises(PairError, match="no pair could be evaluated"):
        run_verb(folder)
    assert not (folder / "out").exists()


def test_verb_refuses_a_file_as_output(folder):
    (folder / "out").write_text("mine")
    with pytest.raises(OpticalZoomError, match="is a file"):
        run_verb(folder, "--overwrite")


def test_method_names_tell_files_apart():
    assert verb.method_names(["a/best.safetensors", "c/x.safetensors"]) == ["best", "x"]
    assert verb.method_names(["a/w.safetensors", "b/w.safetensors"]) == ["a/w.safetensors", "b/w.safetensors"]
    assert verb.method_names(["runs/bicubic.safetensors"]) == ["runs/bicubic.safetensors"]


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


def test_self_ensemble_has_its_row_and_perceptual_metrics_their_column(folder, monkeypatch):
    monkeypatch.setitem(
        verb.PERCEPTUAL, "st_lpips", lambda: lambda output, target, mask: (output - target).mean()[None]
    )
    assert run_verb(folder, "--self-ensemble", "--perceptual", "st_lpips") == 0
    rows = list(csv.DictReader((folder / "out" / "results.csv").open()))
    assert list(rows[0]) == ["name", "method", "protocol", *METRICS, "st_lpips", "seconds"]
    by_method = {row["method"]: row for row in rows if row["name"] == "pair0"}
    assert set(by_method) == {"bicubic", "ours", "ours, self-ensemble"}
    ensemble, plain = (float(by_method[name]["psnr_rgb"]) for name in ("ours, self-ensemble", "ours"))
    assert ensemble == pytest.approx(plain, abs=0.01)  # bicubic is the same however the picture is turned
    assert "ST LPIPS" in (folder / "out" / "table.md").read_text()
    command = json.loads((folder / "out" / "results.json").read_text())["command"]
    assert "--perceptual st_lpips --self-ensemble" in command
