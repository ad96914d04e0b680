"""The training loop of ``learn``: a network that is trained already sees a few pairs, for a given number of steps.

Within minutes there is no time for what a long training needs, and no use: a run is a number of steps that a budget
allows, its learning rate falls to zero over them, and what counts is the moving average of the weights. A run that
was stopped goes on exactly where it was, as its patches are a function of the step alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from opticalzoom.errors import TrainingError
from opticalzoom.models.base import ZoomModel
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.training.patches import PatchDataset, Sample
from opticalzoom.training.saved_state import load_state, save_state, unusable_state

_BETAS = (0.9, 0.99)
_WARM_UP = 10
"""Steps over which the learning rate rises from zero: Adam's averages know nothing at first."""
_SAVE_SECONDS = 60.0
"""Time between two checkpoints."""

_REMEDY = "Delete it, and this part is learned again."

Judge = Callable[[ZoomModel], float]


@dataclass(frozen=True)
class TuningRecipe:
    """How a network is taught; docs/learn.md has the measurements behind the defaults.

    Attributes:
        steps: of the optimiser, in all.
        rate: the largest learning rate of Adam.
        batch: patches a step.
        patch: their side, in pixels of the network's grid.
        average: share of the averaged weights that a step keeps.
        bfloat16: whether convolutions compute in bfloat16.
        threads: that PyTorch computes with; None for as many as it has.
        seed: of the patches.
    """

    steps: int
    rate: float = 2e-4
    batch: int = 8
    patch: int = 48
    average: float = 0.98
    bfloat16: bool = False
    threads: int | None = None
    seed: int = 0

    def rate_at(self, step: int) -> float:
        """Learning rate of a step: it rises at first, then falls to zero in a straight line."""
        return self.rate * min(1.0, (step + 1) / _WARM_UP) * (1 - step / self.steps)


@dataclass
class RunState:
    """Where a run stands.

    Attributes:
        step: steps that are done.
        seconds: that they took.
        curve: (step, score on what was held out, dB) at every time that it was asked for.
    """

    step: int = 0
    seconds: float = 0.0
    curve: list[tuple[int, float]] = field(default_factory=list)


class FineTuning:
    """A run: the network, its average, its optimiser and how far it is.

    Args:
        model: where the run starts; it is changed.
        pairs: registered pairs, all of the model's scale and input.
        recipe: how it is taught.

    Raises:
        ConfigError: no pair has room for a patch.
    """

    def __init__(self, model: ZoomModel, pairs: Sequence[TrainingPair], recipe: TuningRecipe) -> None:
        self.recipe, self.progress = recipe, RunState()
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = model.to(self._device).to(memory_format=torch.channels_last).train()
        self._average = AveragedModel(self._model, avg_fn=self._averaged)
        self._optimiser = torch.optim.Adam(self._model.parameters(), lr=recipe.rate, betas=_BETAS)
        factor = model.contract.grid_factor
        patch = min(recipe.patch, max(min(pair.y.shape[:2]) // factor - 1 for pair in pairs))
        self._patches = PatchDataset(pairs, factor, max(patch, 8), recipe.seed)

    @property
    def averaged(self) -> ZoomModel:
        """The network with the averaged weights, which is what counts, in eval mode."""
        return cast(ZoomModel, self._average.module.eval())

    def step(self) -> None:
        """One step.

        Raises:
            TrainingError: the loss is no number any more.
        """
        start, step = time.perf_counter(), self.progress.step
        batch = self._batch(step)
        for group in self._optimiser.param_groups:
            group["lr"] = self.recipe.rate_at(step)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self.recipe.bfloat16):
            image = self._model.forward_unaligned(batch["x"].contiguous(memory_format=torch.channels_last)).image
        loss = trusted_square(image.float(), batch["y"], batch["mask"])
        if not torch.isfinite(loss):
            raise TrainingError(f"the loss is {loss.item()} at step {step}.", remedy="Look at the pairs' report.")
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self._optimiser.step()
        self._average.update_parameters(self._model)
        self.progress.step += 1
        self.progress.seconds += time.perf_counter() - start

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        save_state(path, self._state())

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint of a run with the same recipe and pairs; tensors and plain values are read only.

        Raises:
            CheckpointError: it is damaged or of another network.
        """
        state = load_state(path, self._device, remedy=_REMEDY)
        try:
            self._model.load_state_dict(state["model"])
            self._average.load_state_dict(state["average"])
            self._optimiser.load_state_dict(state["optimiser"])
            curve = [(int(step), float(score)) for step, score in state["curve"]]
            self.progress = RunState(int(state["step"]), float(state["seconds"]), curve)
        except Exception as error:  # of many classes, for damaged files
            raise unusable_state(path, error, _REMEDY) from error

    def _batch(self, step: int) -> Sample:
        items = [self._patches[step * self.recipe.batch + number] for number in range(self.recipe.batch)]
        return {name: torch.stack([item[name] for item in items]).to(self._device) for name in items[0]}

    def _averaged(self, average: Tensor, now: Tensor, count: Tensor | int) -> Tensor:
        """The moving average, which forgets faster at first, when the weights still change much."""
        kept = min(self.recipe.average, float((1 + count) / (10 + count)))
        return average.lerp(now, 1 - kept)

    def _state(self) -> dict[str, Any]:
        return {
            "model": self._model.state_dict(),
            "average": self._average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self.progress.step,
            "seconds": self.progress.seconds,
            "curve": self.progress.curve,
        }


def trusted_square(image: Tensor, y: Tensor, mask: Tensor) -> Tensor:
    """Mean square of the difference where the target can be trusted; N×3×H×W, and mask N×1×H×W of 0 and 1."""
    return ((image - y).square() * mask).sum() / (3 * mask.sum()).clamp(min=1)


def fine_tune(
    run: FineTuning,
    checkpoint: Path,
    *,
    until: int | None = None,
    judge: Judge | None = None,
    marks: Sequence[int] = (),
    watch: Callable[[RunState], object] = lambda progress: None,
    stopped: Callable[[], bool] = lambda: False,
) -> ZoomModel:
    """Take a run to its end, from its checkpoint if there is one.

    Args:
        run: with its network, pairs and recipe.
        checkpoint: where it is kept from time to time, at the end and when it is stopped.
        until: the step to end at; by default the recipe's last.
        judge: a score of the averaged network, in dB, on what is held out.
        marks: the steps at which it is asked for.
        watch: told after every step.
        stopped: asked after every step; if so, the run is saved and ends.

    Returns:
        The averaged network.

    Raises:
        KeyboardInterrupt: it was stopped; the checkpoint has it.
        CheckpointError: the checkpoint cannot be read or written.
    """
    if checkpoint.is_file():
        run.restore(checkpoint)
    progress, saved = run.progress, time.monotonic()
    begun = progress.step
    while progress.step < (until or run.recipe.steps):
        run.step()
        if judge and progress.step in marks:
            progress.curve.append((progress.step, judge(run.averaged)))
        watch(progress)
        if stopped():
            run.save(checkpoint)
            raise KeyboardInterrupt
        if time.monotonic() - saved > _SAVE_SECONDS:
            run.save(checkpoint)
            saved = time.monotonic()
    if progress.step > begun:
        run.save(checkpoint)
    return run.averaged
