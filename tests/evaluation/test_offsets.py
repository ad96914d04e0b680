"""Offsets against the truth: models that know it, that miss it by a known length, and that match."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from places import REPOSITORY
from skimage import data
from torch import Tensor, nn

from opticalzoom.engines.checkpoint import save_model
from opticalzoom.errors import ModelError, PairError
from opticalzoom.evaluation.offsets import KnownOffsets, estimate, known_offsets
from opticalzoom.metrics import end_point_error
from opticalzoom.models import build
from opticalzoom.models.align import warp
from opticalzoom.models.base import ZoomOutput
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import FolderPairs, SimulatedZoom, Source
from opticalzoom.weights.card import ModelCard
from opticalzoom.weights.contract import Contract

SCRIPT = REPOSITORY / "benchmarks" / "offsets.py"
MOVES = Misalignment(9, 2, parallax=6)


class Oracle(nn.Module):
    """A model that is told the truth, and misses it by ``miss``."""

    def __init__(self, truth: Tensor, miss: tuple[float, float] = (0.0, 0.0)) -> None:
        super().__init__()
        self.offset = truth + torch.tensor(miss).view(1, 2, 1, 1)

    def forward(self, x: Tensor, reference: Tensor) -> ZoomOutput:
        return ZoomOutput(reference, offset=self.offset)


def errors(offset: Tensor, pair: KnownOffsets) -> Tensor:
    return end_point_error(offset, pair.truth, pair.findable)


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    Image.fromarray(data.astronaut()[:300, :360]).save(folder / "astronaut.png")
    return folder


@pytest.fixture(scope="module")
def source(photos) -> Source:
    return SimulatedZoom(photos, 3)


@pytest.fixture(scope="module")
def pair(source) -> KnownOffsets:
    return known_offsets(source, "astronaut", Contract(3), MOVES)


def test_the_error_is_what_the_offsets_miss_the_truth_by(pair):
    assert (errors(estimate(Oracle(pair.truth), pair), pair) == 0).all()
    missed = errors(estimate(Oracle(pair.truth, (0.3, -0.4)), pair), pair)
    rows, columns = torch.meshgrid(*map(torch.arange, pair.truth.shape[-2:]), indexing="ij")
    y, x = rows + pair.truth[0, 0], columns + pair.truth[0, 1]
    inside = (y >= 0) & (y <= len(rows) - 1) & (x >= 0) & (x <= rows.shape[1] - 1)
    assert missed.numel() == int((pair.known[0, 0] & inside).sum())
    torch.testing.assert_close(missed, torch.full_like(missed, 0.5))


def test_the_truth_moves_x_to_where_the_reference_shows_it(pair):
    known = pair.findable.expand(-1, 3, -1, -1)
    assert 0.5 < known.float().mean() < 1

    def difference(offset: Tensor) -> float:
        return float((warp(pair.x, offset) - pair.reference)[known].abs().mean())

    assert difference(pair.truth) < 0.4 * difference(0 * pair.truth)
    assert difference(pair.truth) < 0.3 * difference(-pair.truth)
    assert difference(pair.truth) < 0.3 * difference(pair.truth.flip(1))


@pytest.mark.parametrize("kind", ["rgb", "resized", "raw"])
def test_the_truth_is_in_pixels_of_the_networks_grid(source, kind):
    contract = Contract(3, kind)
    found = known_offsets(source, "astronaut", contract, MOVES)
    height, width = contract.grid_size(*found.x.shape[-2:])
    assert found.reference.shape == (1, 3, height, width)
    assert found.truth.shape == (1, 2, height, width)
    assert found.known.shape == (1, 1, height, width)
    field = torch.from_numpy(MOVES.motion("astronaut", 300, 360).field)
    factor = contract.grid_factor
    cell = field[10 * factor : 11 * factor, 20 * factor : 21 * factor].mean((0, 1)) / factor
    torch.testing.assert_close(found.truth[0, :, 10, 20], cell)


def test_pixels_that_show_two_layers_or_what_x_hides_are_not_known(source):
    motion = MOVES.motion("astronaut", 300, 360)
    found = known_offsets(source, "astronaut", Contract(3), MOVES)
    front, uncovered = (
        torch.from_numpy(values).float().view(100, 3, 120, 3).mean((1, 3))
        for values in (motion.cover > 0.5, motion.uncovered)
    )
    mixed = (front > 0) & (front < 1)
    assert mixed.any()
    assert not found.known[0, 0][mixed | (uncovered > 0)].any()


def test_patches_are_windows_of_the_picture(source):
    whole = known_offsets(source, "astronaut", Contract(3, "resized"), MOVES)
    patches = list(whole.patches(40))
    assert len(patches) == 2 * 3
    assert torch.equal(patches[4].x, whole.x[..., 120:240, 120:240])
    assert torch.equal(patches[4].truth, whole.truth[..., 40:80, 40:80])
    assert torch.equal(patches[4].known, whole.known[..., 40:80, 40:80])
    assert patches[4].reference.shape == (1, 3, 40, 40)
    outside = errors(0 * patches[4].truth, patches[4]).numel()
    assert outside < int(patches[4].known.sum()), "what lies beyond the patch cannot be found in it"


def test_random_weights_stay_where_they_are_and_matching_finds_the_truth(source):
    pair = known_offsets(source, "astronaut", Contract(3), Misalignment(9, 2))
    moved = errors(torch.zeros_like(pair.truth), pair).median()
    assert moved > 0.7
    learned, matched = (build(name, scale=3, features=8, blocks=1).eval() for name in ("sdan", "sdan_plus"))
    assert errors(estimate(learned, pair), pair).median() == pytest.approx(float(moved))  # zero at first
    assert errors(estimate(matched, pair), pair).median() < 0.25


def test_models_without_offsets_and_pairs_that_are_not_aligned_are_refused(pair, tmp_path):
    with pytest.raises(ModelError, match="no offsets"):
        estimate(build("bicubic", scale=3), pair)
    for side in ("x", "y"):
        (tmp_path / side).mkdir()
        Image.new("RGB", (9, 9)).save(tmp_path / side / "a.png")
    with pytest.raises(PairError, match="aligned to begin with"):
        known_offsets(FolderPairs(tmp_path, 3), "a", Contract(3), MOVES)


def test_the_benchmark_writes_a_table_and_pictures(photos, tmp_path, monkeypatch):
    arguments = {"builder": "sdan_lite", "arguments": {"scale": 3, "features": 8, "blocks": 1}}
    save_model(tmp_path / "tiny.safetensors", build("sdan_lite", scale=3, features=8, blocks=1), ModelCard(**arguments))
    options = ["--weights", str(tmp_path / "tiny.safetensors"), "--data", str(photos), "--split", "all"]
    options += ["--strengths", "0", "2", "--parallax", "0", "--patch", "32", "-o", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *options])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "tiny-patches32-0px-parallax0.png",
        "tiny-patches32-2px-parallax0.png",
        "tiny-patches32.json",
        "tiny-patches32.md",
    ]
    still, moved = json.loads((tmp_path / "out" / "tiny-patches32.json").read_text())["rows"]
    assert still["moved_95"] == still["error_95"] == 0
    assert moved["moved_50"] == pytest.approx(moved["error_50"])
    assert 0.5 < moved["moved_50"] < 3
    assert "| 2 | 0 |" in (tmp_path / "out" / "tiny-patches32.md").read_text()
