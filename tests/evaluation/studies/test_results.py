"""Means over pictures and seeds against numpy, and which lines are too close to tell apart."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from opticalzoom.errors import ConfigError
from opticalzoom.evaluation.protocols import Row
from opticalzoom.evaluation.studies.results import CLOSE, Figure, Line, lines, read_scores
from opticalzoom.evaluation.studies.study import PRETRAINED, StudyRow

ONE = StudyRow("one", "One", "One", None, 0, ())
TWO = StudyRow("two", "Two", "Two", None, 0, ())


def scores(method: str, *honest: float, protocol: str = "honest") -> list[Row]:
    """PSNR of one picture after another."""
    return [
        Row(f"p{number}", method, protocol, {"psnr_y": value, "ssim_y": value / 100}, 1.0)
        for number, value in enumerate(honest)
    ]


def line(title: str, found: list[Line]) -> Line:
    (only,) = [one for one in found if one.title == title]
    return only


def test_means_are_numpys_over_pictures_and_then_over_seeds():
    table = np.random.default_rng(0).uniform(20, 40, (3, 5))
    rows = [row for seed, values in enumerate(table) for row in scores(f"one-seed{seed}", *values)]
    (found,) = lines(rows, {f"one-seed{seed}": ONE for seed in range(3)})
    means = table.mean(axis=1)
    assert found.scores["honest"]["psnr_y"].mean == pytest.approx(means.mean())
    assert found.scores["honest"]["psnr_y"].spread == pytest.approx(np.ptp(means) / 2)
    assert found.scores["honest"]["ssim_y"].mean == pytest.approx(means.mean() / 100)
    assert (found.seeds, found.images, found.row) == (3, {"honest": 5}, ONE)


def test_only_pictures_that_all_methods_have_count():
    rows = scores("bicubic", 20, 30, 70) + scores("one-seed0", 24, 34)
    found = lines(rows, {"one-seed0": ONE})
    assert [one.scores["honest"]["psnr_y"] for one in found] == [Figure(25, 0), Figure(29, 0)]
    assert found[0].images == {"honest": 2}


def test_baselines_come_first_and_rows_in_the_order_of_the_runs_each_with_its_variant():
    rows = scores("two-seed0", 30) + scores("one-seed0, no offsets", 29) + scores("one-seed0", 28)
    rows += scores("bicubic", 20) + scores("X as shipped", 10)
    found = lines(rows, {"one-seed0": ONE, "two-seed0": TWO, "three-seed0": StudyRow("three", "", "", None, 0, ())})
    assert [one.title for one in found] == ["bicubic", "X as shipped", "One", "One, no offsets", "Two"]
    assert [one.unaligned for one in found] == [False, False, False, True, False]
    assert [one.row for one in found] == [None, None, ONE, ONE, TWO]


def test_the_leak_is_oracle_minus_honest_of_rows_that_have_both():
    rows = scores("one-seed0", 28, 30) + scores("one-seed0", 29, 32, protocol="oracle")
    rows += scores("two-seed0", 28, 30) + scores("bicubic", 20, 21) + scores("bicubic", 20, 21, protocol="oracle")
    found = lines(rows, {"one-seed0": ONE, "two-seed0": TWO})
    assert [one.leak for one in found] == [None, 1.5, None]


@pytest.mark.parametrize(
    ("one", "two", "close"),
    [
        ({"one-seed0": 28.0}, {"two-seed0": 28.0 + 0.9 * CLOSE}, True),
        ({"one-seed0": 28.0}, {"two-seed0": 28.0 + 1.1 * CLOSE}, False),
        ({"one-seed0": 28.0, "one-seed1": 28.0}, {"two-seed0": 28.0}, True),
        ({"one-seed0": 28.0, "one-seed1": 28.0}, {"two-seed0": 28.0, "two-seed1": 28.0}, False),
    ],
    ids=["close", "far", "one of them has a seed only", "enough seeds"],
)
def test_close_rows_need_a_second_seed(one, two, close):
    rows = [row for name, value in (one | two).items() for row in scores(name, value)]
    found = lines(rows, dict.fromkeys(one, ONE) | dict.fromkeys(two, TWO))
    assert [row.close for row in found] == [close, close]


@pytest.mark.parametrize("other", [{"group": 1}, {"group": PRETRAINED}, {"target": "8 px"}])
def test_rows_of_another_group_or_target_are_not_compared(other):
    two = StudyRow("two", "Two", "Two", **{"target": None, "group": 0, "files": ()} | other)
    found = lines(scores("one-seed0", 28) + scores("two-seed0", 28), {"one-seed0": ONE, "two-seed0": two})
    assert not any(row.close for row in found)


def test_scores_come_back_from_their_file(tmp_path):
    rows = scores("one-seed0", 28, 30)
    path = tmp_path / "scores.json"
    path.write_text(json.dumps({"rows": [asdict(row) for row in rows], "skipped": ["p3: too dark"]}))
    assert read_scores(path) == (rows, ["p3: too dark"])


@pytest.mark.parametrize("content", ["", "{}", '{"rows": 3, "skipped": []}', '{"rows": [{"a": 1}], "skipped": []}'])
def test_damaged_scores_are_told(tmp_path, content):
    path = tmp_path / "scores.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"scores\.json: is damaged .*scores that row again"):
        read_scores(path)
