"""A run learns, is judged when it should be, and goes on exactly after a stop."""

from __future__ import annotations

import copy

import pytest
import torch
from learnings import soft_lens

from opticalzoom.errors import CheckpointError, TrainingError
from opticalzoom.models import build
from opticalzoom.training.learning.fine_tuning import FineTuning, TuningRecipe, fine_tune, trusted_square
from opticalzoom.training.learning.judging import quick_score

RECIPE = TuningRecipe(steps=12, rate=2e-3, batch=2, patch=16)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build("sdan_plus", scale=2, features=8, blocks=1)


@pytest.fixture(scope="module")
def pairs():
    return soft_lens(2).pairs


def test_it_learns(model, pairs, tmp_path):
    before = quick_score(model, pairs)
    learned = fine_tune(
        FineTuning(model, pairs, TuningRecipe(steps=60, rate=3e-3, batch=4, patch=24)), tmp_path / "a.ckpt"
    )
    assert quick_score(learned, pairs) > before + 0.3


def test_the_rate_rises_then_falls_to_zero():
    recipe = TuningRecipe(steps=100, rate=1.0)
    rates = [recipe.rate_at(step) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.01)


def test_a_stopped_run_goes_on_exactly(model, pairs, tmp_path):
    whole = fine_tune(FineTuning(copy.deepcopy(model), pairs, RECIPE), tmp_path / "whole.ckpt")
    steps = iter([False, False, False, False, True])
    with pytest.raises(KeyboardInterrupt):
        fine_tune(FineTuning(copy.deepcopy(model), pairs, RECIPE), tmp_path / "cut.ckpt", stopped=lambda: next(steps))
    done: list[int] = []
    resumed = fine_tune(
        FineTuning(copy.deepcopy(model), pairs, RECIPE),
        tmp_path / "cut.ckpt",
        watch=lambda progress: done.append(progress.step),
    )
    assert done == list(range(6, 13))
    for first, second in zip(whole.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_a_finished_run_takes_no_step_more(model, pairs, tmp_path):
    fine_tune(FineTuning(copy.deepcopy(model), pairs, RECIPE), tmp_path / "a.ckpt", until=4)
    before = (tmp_path / "a.ckpt").read_bytes(), (tmp_path / "a.ckpt").stat().st_mtime_ns
    watched: list[int] = []
    fine_tune(FineTuning(model, pairs, RECIPE), tmp_path / "a.ckpt", until=4, watch=lambda progress: watched.append(1))
    assert watched == []
    assert ((tmp_path / "a.ckpt").read_bytes(), (tmp_path / "a.ckpt").stat().st_mtime_ns) == before


def test_it_is_judged_at_the_marks(model, pairs, tmp_path):
    run = FineTuning(model, pairs, RECIPE)
    fine_tune(run, tmp_path / "a.ckpt", judge=lambda network: 1.5, marks=[3, 12])
    assert run.progress.curve == [(3, 1.5), (12, 1.5)]


def test_what_cannot_be_trusted_teaches_nothing():
    y, image = torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    image[..., 0, 0], image[..., 1, 1] = 2.0, 9.0
    mask = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]])
    assert float(trusted_square(image, y, mask)) == pytest.approx(4.0 * 3 / 6)


def test_a_damaged_checkpoint_is_told_with_its_remedy(model, pairs, tmp_path):
    (tmp_path / "a.ckpt").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(CheckpointError, match=r"a\.ckpt.*[Dd]elete"):
        fine_tune(FineTuning(model, pairs, RECIPE), tmp_path / "a.ckpt")


def test_a_loss_that_is_no_number_ends_the_run(model, pairs):
    run = FineTuning(model, pairs, RECIPE)
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="nan"):
        run.step()
