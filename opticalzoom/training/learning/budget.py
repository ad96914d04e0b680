"""From the time that a user gives to the steps of each run."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import torch

from opticalzoom.models.base import ZoomModel
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.training.learning.fine_tuning import FineTuning, TuningRecipe

_STEPS_OF_A_PAIR = 150
"""More steps on one pair learn the pair and not the lens."""
_LEAST_STEPS, _MOST_STEPS = 20, 6000
_RATES = ((9, 4e-4, 0.99), (4, 3e-4, 0.98), (1, 2e-4, 0.98))
"""From so many pairs on: the learning rate, and the share of the averaged weights that a step keeps."""
_FASTEST = 6e-4
"""The largest learning rate, of a run that has to make do with fewer steps than it needs."""
_MARKS = 6
"""How often a run is judged on its way."""
_TRIALS = 3


@dataclass(frozen=True)
class StepPace:
    """How fast this machine learns: seconds a step, whether in bfloat16, and with how many threads."""

    seconds: float
    bfloat16: bool
    threads: int


def plan_recipe(seconds: float, runs: int, pairs: int, pace: StepPace) -> TuningRecipe:
    """The recipe of runs of equal length that take the given time together.

    Args:
        seconds: for all of them.
        runs: how many there are: the folds, and the last one on all pairs.
        pairs: that teach in the smallest of them.
        pace: of a step here.
    """
    wanted = min(_STEPS_OF_A_PAIR * pairs, _MOST_STEPS)
    steps = max(_LEAST_STEPS, min(wanted, int(seconds / runs / pace.seconds)))
    rate, average = next((rate, average) for least, rate, average in _RATES if pairs >= least)
    rate = min(_FASTEST, rate * max(1.0, _STEPS_OF_A_PAIR / steps))
    return TuningRecipe(steps, rate, average=average, bfloat16=pace.bfloat16, threads=pace.threads)


def measure_pace(model: ZoomModel, pairs: Sequence[TrainingPair]) -> StepPace:
    """The fastest way to take a step here and now, tried with real steps.

    A processor's flags do not tell whether bfloat16 is faster, and more threads than free cores are slower than one by
    far. Afterwards PyTorch computes with as many threads as were fastest.

    Args:
        model: is copied, and stays as it is.
        pairs: to learn from.
    """
    everything = torch.get_num_threads()
    ways = [(dtype, count) for count in sorted({1, everything}) for dtype in (True, False)]
    best = min((_pace(model, pairs, *way) for way in ways), key=lambda pace: pace.seconds)
    torch.set_num_threads(best.threads)
    return best


def _pace(model: ZoomModel, pairs: Sequence[TrainingPair], bfloat16: bool, threads: int) -> StepPace:
    torch.set_num_threads(threads)
    trial = FineTuning(copy.deepcopy(model), pairs, TuningRecipe(_TRIALS, bfloat16=bfloat16))
    times = []
    for _ in range(_TRIALS):
        before = trial.progress.seconds
        trial.step()
        times.append(trial.progress.seconds - before)
    return StepPace(median(times[1:]), bfloat16, threads)


def marks(steps: int) -> list[int]:
    """The steps at which a run is judged, evenly spread, the last one among them."""
    return sorted({max(1, round(steps * number / _MARKS)) for number in range(1, _MARKS + 1)})


def best_stop(curves: Sequence[Sequence[tuple[int, float]]], steps: int) -> int:
    """The step at which the mean of the folds' curves is highest; without curves the last one.

    Args:
        curves: (step, dB) of each fold, at equal steps.
        steps: of a whole run.
    """
    if not curves or not curves[0]:
        return steps
    means = [(sum(curve[number][1] for curve in curves), step) for number, (step, _) in enumerate(curves[0])]
    return max(means, key=lambda mean: (mean[0], -mean[1]))[1]
