"""All runs of one lens: a clear lens is learned, a stopped run goes on, other pairs are not mixed in."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from learnings import soft_lens

from opticalzoom.errors import CheckpointError, OutputExistsError
from opticalzoom.training.learning import budget
from opticalzoom.training.learning.budget import PLAN, StepPace
from opticalzoom.training.learning.lens_run import Hooks, learn_one


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    home = tmp_path_factory.mktemp("learned")
    return home, learn_one(soft_lens(4), home / "lens", 60, steps=6)


def test_a_soft_lens_is_learned(learned):
    _, outcome = learned
    assert outcome.best is not None
    assert len(outcome.judged) == 4
    assert all(one.scores.psnr[outcome.best] > one.scores.psnr["bicubic"] for one in outcome.judged)
    assert outcome.card.training["pairs"] == 4
    assert len(outcome.curves) == 3
    assert 1 <= outcome.stop <= 6


def test_calling_again_takes_no_step(learned):
    home, outcome = learned
    steps: list[tuple[int, int]] = []
    again = learn_one(soft_lens(4), home / "lens", 60, steps=6, hooks=Hooks(lambda *told: steps.append(told)))
    assert steps == []
    assert [one.scores for one in again.judged] == [one.scores for one in outcome.judged]
    for first, second in zip(again.model.parameters(), outcome.model.parameters(), strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_a_stopped_run_ends_as_one_that_was_not(learned, tmp_path):
    home, outcome = learned
    (tmp_path / "lens").mkdir()
    (tmp_path / "lens" / PLAN).write_text((home / "lens" / PLAN).read_text())  # the pace may be another this time
    asked = iter(range(100))
    with pytest.raises(KeyboardInterrupt):
        learn_one(soft_lens(4), tmp_path / "lens", 60, steps=6, hooks=Hooks(stopped=lambda: next(asked) == 8))
    told: list[tuple[int, int]] = []
    hooks = Hooks(lambda done, total: told.append((done, total)))
    found = learn_one(soft_lens(4), tmp_path / "lens", 60, steps=6, hooks=hooks)
    assert told[0] == (10, 24)  # nine steps were done before
    assert [done for done, _ in told] == [*range(10, 19), *range(19, 19 + found.stop)]
    assert [one.scores for one in found.judged] == [one.scores for one in outcome.judged]


def test_other_pairs_are_refused(learned):
    home, _ = learned
    with pytest.raises(OutputExistsError, match="--overwrite"):
        learn_one(soft_lens(3), home / "lens", 60, steps=6)


def test_a_damaged_plan_is_told(tmp_path):
    (tmp_path / PLAN).write_text(json.dumps({"recipe": {"stairs": 3}}))
    with pytest.raises(CheckpointError, match=r"plan\.json"):
        learn_one(soft_lens(1), tmp_path, 60, steps=2)


def test_the_time_that_is_left_may_differ_when_the_budget_is_the_same(learned, tmp_path):
    learn_one(soft_lens(2), tmp_path / "lens", 50, budget=60, steps=2)
    learn_one(soft_lens(2), tmp_path / "lens", 40, budget=60, steps=2)
    with pytest.raises(OutputExistsError, match="another budget"):
        learn_one(soft_lens(2), tmp_path / "lens", 40, budget=90, steps=2)


def test_threads_are_given_back(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "measure_pace", lambda *_: torch.set_num_threads(2) or StepPace(1.0, False, 2))
    used: list[int] = []
    hooks = Hooks(lambda *_: used.append(torch.get_num_threads()))
    learn_one(soft_lens(1), tmp_path / "lens", 60, steps=2, hooks=hooks)
    assert torch.get_num_threads() == 1  # conftest.py says so
    (tmp_path / "lens" / "all.ckpt").unlink()
    learn_one(soft_lens(1), tmp_path / "lens", 60, steps=2, hooks=hooks)  # goes on with as many
    assert set(used) == {2}
    assert torch.get_num_threads() == 1


def test_what_cannot_be_registered_again_is_not_judged(tmp_path):
    lens = soft_lens(4)
    wall = lens.pairs[0]
    lens.pairs[0] = replace(wall, x=np.full_like(wall.x, 90), y=np.full_like(wall.y, 90))
    outcome = learn_one(lens, tmp_path / "lens", 60, steps=2)
    assert [one.scores.pair for one in outcome.judged] == ["pair-1", "pair-2", "pair-3"]
