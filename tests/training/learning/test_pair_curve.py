"""What more pairs would give: each number of pairs teaches a network of its own; and what the curve says in words."""

from __future__ import annotations

import pytest
from learnings import soft_lens

from opticalzoom.models import build
from opticalzoom.training.learning.budget import RunPlan
from opticalzoom.training.learning.fine_tuning import TuningRecipe
from opticalzoom.training.learning.folds import Fold
from opticalzoom.training.learning.judging import quick_score
from opticalzoom.training.learning.pair_curve import CurvePoint, curve_text, learn_pair_curve

RECIPE = TuningRecipe(steps=4, threads=1)


def learn(home, counts, stopped=lambda: False, told=None):
    pairs = soft_lens(4).pairs
    fold = Fold(pairs[:3], pairs[3:])
    start = build("sdan_plus", scale=2, features=8, blocks=1)

    def watch(number):
        return lambda run: told is not None and told.append((number, run.step))

    return learn_pair_curve(start, fold, RunPlan(RECIPE, counts), 40.0, home, watch, stopped), fold


def test_every_point_is_a_gain_over_bicubic_and_the_last_is_the_folds_own(tmp_path):
    told: list[tuple[int, int]] = []
    points, fold = learn(tmp_path, [1, 2], told=told)
    assert [point.pairs for point in points] == [1, 2, 3]
    bicubic = quick_score(build("bicubic", scale=2), fold.judging)
    assert points[-1].gain == pytest.approx(40.0 - bicubic)
    assert all(abs(point.gain) < 10 for point in points[:2])
    assert sorted({number for number, _ in told}) == [0, 1]
    assert (tmp_path / "pairs-1.ckpt").is_file()


def test_without_counts_there_is_no_curve(tmp_path):
    assert learn(tmp_path, [])[0] == []
    assert not list(tmp_path.iterdir())


def test_a_stopped_curve_goes_on(tmp_path):
    whole, _ = learn(tmp_path / "whole", [1])
    (tmp_path / "parts").mkdir()
    asked = iter(range(100))
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "parts", [1], stopped=lambda: next(asked) == 5)
    told: list[tuple[int, int]] = []
    again, _ = learn(tmp_path / "parts", [1], told=told)
    assert told[0][1] == 7
    assert again[0].gain == pytest.approx(whole[0].gain, abs=5) or again == whole


@pytest.mark.parametrize(("last", "word"), [(0.9, "more would help"), (0.51, "hardly help")])
def test_the_text_tells_every_point_and_whether_more_help(last, word):
    text = curve_text([CurvePoint(1, -0.2), CurvePoint(2, 0.5), CurvePoint(4, last)])
    assert "1: −0.20, 2: +0.50, 4: +" in text
    assert word in text
