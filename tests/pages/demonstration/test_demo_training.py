"""A minute's training in a second: steps, weights, and Ctrl-C."""

from __future__ import annotations

import io
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from skimage import data
from torch import Tensor, nn

from opticalzoom.engines.checkpoint import load_model
from opticalzoom.models.base import ZoomOutput
from opticalzoom.pages.demonstration import demo_training
from opticalzoom.pages.demonstration.demo_training import seconds_per_step, train_for
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.weights.card import read_card

SCALE, STEPS = 3, 4


@pytest.fixture
def pairs() -> list[TrainingPair]:
    y = np.ascontiguousarray(data.astronaut()[:192, :192])
    x = y.reshape(64, 3, 64, 3, 3).mean((1, 3)).astype(np.uint8)
    return [TrainingPair("a", x, y, np.ones(y.shape[:2], bool))]


@pytest.fixture
def known_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is taken for half a second."""
    monkeypatch.setattr(demo_training, "seconds_per_step", lambda model: 0.5)
    monkeypatch.setattr(demo_training, "NETWORK", {"features": 4, "blocks": 1})


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def test_seconds_become_steps_and_steps_become_weights(pairs, known_pace, tmp_path: Path) -> None:
    output = console()
    assert train_for(0.5 * STEPS, pairs, SCALE, tmp_path, output) == STEPS
    assert f"for about 2 s: {STEPS} steps" in output.file.getvalue()
    card = read_card(tmp_path / "weights.safetensors")
    assert (card.builder, card.arguments["scale"], card.training["steps"]) == ("sdan_lite", SCALE, STEPS)
    picture = load_model(tmp_path / "weights.safetensors")(torch.rand(1, 3, 8, 9)).image
    assert picture.shape == (1, 3, 24, 27)


def test_there_is_a_step_however_short_the_time(pairs, known_pace, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(demo_training, "seconds_per_step", lambda model: 1000.0)
    assert train_for(60, pairs, SCALE, tmp_path, console()) == 1


def test_ctrl_c_is_passed_on_after_its_step(pairs, known_pace, tmp_path: Path, monkeypatch) -> None:
    started = demo_training.CleanStop.on_train_start

    def interrupt_soon(self: demo_training.CleanStop, *arguments: object) -> None:
        started(self, *arguments)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(demo_training.CleanStop, "on_train_start", interrupt_soon)
    with pytest.raises(KeyboardInterrupt):
        train_for(600, pairs, SCALE, tmp_path, console())
    assert read_card(tmp_path / "weights.safetensors").training["steps"] == 1


class Measured:
    """PyTorch's timer with a stopwatch that we hold: it runs the statement once."""

    def __init__(self, statement: str, globals: dict[str, object], num_threads: int) -> None:
        exec(statement, globals)

    def blocked_autorange(self, min_run_time: float) -> Measured:
        self.median = 2.0
        return self


class Zooms(nn.Module):
    """A convolution that notes the shape of what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.seen = nn.Conv2d(3, 3, 1), []

    def forward(self, x: Tensor) -> ZoomOutput:
        self.seen.append(tuple(x.shape))
        return ZoomOutput(self.layer(x))


def test_a_step_is_forward_and_backward_of_a_batch_and_leaves_no_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_training, "Timer", Measured)
    model = Zooms()
    assert seconds_per_step(model) == pytest.approx(2.3)  # 15 % for all that is around it
    assert model.seen == [(8, 3, 48, 48)]
    assert model.layer.weight.grad is None
