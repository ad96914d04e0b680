"""The verdict: gains with their errors, a winner only where it is sure, and scores of the aligned protocol."""

from __future__ import annotations

import math

import numpy as np
import pytest
from learnings import soft_pair

from opticalzoom.lenses.linear_filter import fit_filter
from opticalzoom.models import build
from opticalzoom.models.baselines import Linear
from opticalzoom.photo.photograph import to_float
from opticalzoom.training.learning.judging import MOST_SIDE, Scores, gain, judge_pair, judged_part, quick_score, winner


def scores(*rows: tuple[float, float, float, float]) -> list[Scores]:
    names = ("bicubic", "linear", "bundled", "learned")
    return [Scores(f"{n}", dict(zip(names, row, strict=True)), dict.fromkeys(names, 0.5)) for n, row in enumerate(rows)]


def test_a_gain_has_the_standard_error_of_its_mean():
    found = gain(scores((30, 30, 30, 31), (30, 30, 30, 32), (30, 30, 30, 33)), "learned", "bicubic")
    assert (found.mean, found.spread, found.error) == (2.0, 1.0, pytest.approx(1 / math.sqrt(3)))
    assert str(found) == "+2.00 ± 0.58 dB"
    assert found.is_sure


def test_a_single_pair_is_never_sure():
    found = gain(scores((30, 30, 30, 35)), "learned", "bicubic")
    assert not found.is_sure
    assert str(found) == "+5.00 ± ? dB"


def test_what_wins_by_chance_only_is_not_installed():
    assert winner(scores((30, 30, 30, 31), (30, 30, 30, 29.5), (30, 30, 30, 30.2))) is None


def test_it_has_to_beat_the_bundled_weights_too():
    assert winner(scores((30, 30, 32, 31), (30, 30, 32, 31.1), (30, 30, 32, 31))) is None


def test_the_better_of_what_was_learned_wins():
    assert winner(scores((30, 30.2, 30, 31), (30, 30.2, 30, 31.1), (30, 30.3, 30, 31))) == "learned"
    assert winner(scores((30, 31.2, 30, 31), (30, 31.2, 30, 31.1), (30, 31.3, 30, 31))) == "linear"


def test_of_a_large_pair_the_middle_is_judged():
    pair = soft_pair("large", 0, size=(40, MOST_SIDE + 61), blur=1.0)
    part = judged_part(pair)
    assert part.x.shape == (40, MOST_SIDE, 3)
    np.testing.assert_array_equal(part.x, pair.x[:, 30:-31])
    np.testing.assert_array_equal(part.y, pair.y[:, 60:-62])


def test_a_lens_is_measured_and_judged_on_another_scene():
    taught, judged = soft_pair("a", 0, size=(120, 160)), soft_pair("b", 1, size=(120, 160))
    learned = Linear.of(fit_filter([(to_float(taught.x), to_float(taught.y), taught.mask)], 2))
    models = {"bicubic": build("bicubic", scale=2), "linear": learned}
    found = judge_pair(models, judged)
    assert found.scores.psnr["linear"] > found.scores.psnr["bicubic"] + 0.5
    assert found.scores.ssim["linear"] > found.scores.ssim["bicubic"]
    np.testing.assert_array_equal(found.pictures["truth"], judged.y)
    assert quick_score(learned, [judged]) > quick_score(build("linear", scale=2), [judged])
