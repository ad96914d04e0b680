"""From the time that a user gives to the plan of all runs, which is written down so that a stopped one goes on."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch

from opticalzoom.errors import CheckpointError, OutputExistsError
from opticalzoom.files import write_text
from opticalzoom.models.base import ZoomModel
from opticalzoom.pages.tables import read_json
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.parallel.cores import cores, limit_cores
from opticalzoom.training.learning.fine_tuning import FineTuning, TuningRecipe
from opticalzoom.training.learning.folds import Fold
from opticalzoom.training.learning.material import LensPairs

PLAN = "plan.json"
COUNTS = (1, 2, 4, 8)
"""Pairs that teach in turn for the curve of what more of them give."""
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


@dataclass(frozen=True)
class RunPlan:
    """What was decided before the first step.

    Attributes:
        recipe: of the folds' runs and of the last one.
        counts: of pairs that teach in turn for a curve of what more of them give; empty where there is no time for it.
    """

    recipe: TuningRecipe
    counts: list[int]


def make_plan(
    lens: LensPairs,
    folds: Sequence[Fold],
    start: ZoomModel,
    home: Path,
    *,
    seconds: float,
    budget: float,
    steps: int | None = None,
) -> RunPlan:
    """The plan of an earlier run that was stopped, or a new one, which is written down; PyTorch has its threads.

    Args:
        lens: the pairs.
        folds: of them.
        start: the network to begin with.
        home: folder of the plan.
        seconds: for all runs together, by which a new plan is made.
        budget: what the user asked for; an earlier plan is of the same.
        steps: of each run in place of what the time allows.

    Raises:
        CheckpointError: the file is damaged.
        OutputExistsError: it is of other pairs, or of another budget.
    """
    path, key = home / PLAN, _key(lens, budget, steps)
    if path.is_file():
        plan = _read_plan(path, key)
        limit_cores(plan.recipe.threads or cores())
        return plan
    shutil.rmtree(home, ignore_errors=True)  # of a run that was stopped before it had a plan
    pace, pairs = measure_pace(start, lens.pairs), min(len(fold.teaching) for fold in folds)
    runs, counts = len(folds) + 1, []
    recipe = plan_recipe(seconds, runs, pairs, pace)
    if steps is None:
        left = seconds - runs * recipe.steps * pace.seconds
        counts = affordable_counts(left, len(folds[0].teaching), recipe.steps, pace)
    else:
        recipe = replace(recipe, steps=steps)
    write_text(path, json.dumps({"key": key, "recipe": asdict(recipe), "counts": counts}, indent=1))
    return RunPlan(recipe, counts)


def _read_plan(path: Path, key: str) -> RunPlan:
    remedy = "Delete the folder, and it is learned again."
    plan = read_json(path, {"key": str, "recipe": dict, "counts": list}, remedy, error=CheckpointError)
    try:
        if not all(value is None or isinstance(value, int | float) for value in plan["recipe"].values()):
            raise TypeError("its recipe is not of numbers")
        read = RunPlan(TuningRecipe(**plan["recipe"]), [int(count) for count in plan["counts"]])
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"is damaged ({error}).", path=path, remedy=remedy) from error
    if plan["key"] != key:
        raise OutputExistsError(
            "holds what was learned from other pairs, or with another budget.",
            path=path.parent,
            remedy="Choose another -o, or add --overwrite.",
        )
    return read


def _key(lens: LensPairs, budget: float, steps: int | None) -> str:
    """Changes with everything that the runs depend on: of the pictures every hundredth row is looked at."""
    digest = hashlib.sha256(json.dumps([lens.scale, lens.input, budget, steps, lens.scenes]).encode())
    for pair in lens.pairs:
        digest.update(pair.name.encode(errors="backslashreplace"))
        for picture in (pair.x, pair.y, pair.mask):
            digest.update(np.ascontiguousarray(picture[::100]).tobytes())
    return digest.hexdigest()[:16]


def plan_recipe(seconds: float, runs: int, pairs: int, pace: StepPace) -> TuningRecipe:
    """The recipe of runs of equal length that take the given time together.

    Args:
        seconds: for all of them.
        runs: how many there are: the folds, and the last one on all pairs.
        pairs: that teach in the smallest of them.
        pace: of a step here.
    """
    most_steps = int(seconds / runs / pace.seconds)
    return recipe_for(pairs, most_steps, bfloat16=pace.bfloat16, threads=pace.threads)


def recipe_for(pairs: int, most_steps: int, *, bfloat16: bool = False, threads: int | None = None) -> TuningRecipe:
    """The recipe of a run on so many pairs: as many steps as they are good for, at most those that there is time for.

    Args:
        pairs: that teach.
        most_steps: that there is time for; a few are taken in any case.
        bfloat16: as of :class:`TuningRecipe`.
        threads: likewise.
    """
    wanted = min(_STEPS_OF_A_PAIR * pairs, _MOST_STEPS)
    steps = max(_LEAST_STEPS, min(wanted, most_steps))
    rate, average = next((rate, average) for least, rate, average in _RATES if pairs >= least)
    rate = min(_FASTEST, rate * max(1.0, _STEPS_OF_A_PAIR / steps))
    return TuningRecipe(steps, rate, average=average, bfloat16=bfloat16, threads=threads)


def affordable_counts(seconds: float, teaching: int, most_steps: int, pace: StepPace) -> list[int]:
    """How many pairs are taught from in turn, within a time that is left over; of one point alone there is no curve.

    Args:
        seconds: for all of these runs.
        teaching: pairs of the first fold, which is the last point of the curve.
        most_steps: of a run.
        pace: of a step here.
    """
    counts: list[int] = []
    for count in (count for count in COUNTS if count < teaching):
        seconds -= recipe_for(count, most_steps).steps * pace.seconds
        if seconds < 0:
            break
        counts.append(count)
    return counts


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
