"""All runs of one lens: a clear lens is learned, a stopped run goes on, other pairs are not mixed in."""

from __future__ import annotations

import json

import pytest
import torch
from learnings import soft_lens

from opticalzoom.errors import CheckpointError, OutputExistsError
from opticalzoom.training.learning.lens_run import PLAN, Hooks, learn_one


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
    steps: list[int] = []
    again = learn_one(soft_lens(4), home / "lens", 60, steps=6, hooks=Hooks(steps.append))
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
    found = learn_one(soft_lens(4), tmp_path / "lens", 60, steps=6)
    assert [one.scores for one in found.judged] == [one.scores for one in outcome.judged]


def test_other_pairs_are_refused(learned):
    home, _ = learned
    with pytest.raises(OutputExistsError, match="--overwrite"):
        learn_one(soft_lens(3), home / "lens", 60, steps=6)


def test_a_damaged_plan_is_told(tmp_path):
    (tmp_path / PLAN).write_text(json.dumps({"recipe": {"stairs": 3}}))
    with pytest.raises(CheckpointError, match=r"plan\.json"):
        learn_one(soft_lens(1), tmp_path, 60, steps=2)
