"""What more pairs would give: networks that one, two, four and eight of the pairs taught, judged on the same scenes."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from opticalzoom.models import build
from opticalzoom.models.base import ZoomModel
from opticalzoom.pairs.selection import evenly_spread
from opticalzoom.training.learning.budget import RunPlan, recipe_for
from opticalzoom.training.learning.fine_tuning import FineTuning, RunState, fine_tune
from opticalzoom.training.learning.folds import Fold
from opticalzoom.training.learning.judging import quick_score

MORE_HELPS = 0.03
"""Gain in dB from twice as many pairs from which on more of them are worth a walk."""


@dataclass(frozen=True)
class CurvePoint:
    """So many pairs taught, and the network is so many dB of Y better than bicubic on what the first fold held out."""

    pairs: int
    gain: float


def learn_pair_curve(
    start: ZoomModel,
    fold: Fold,
    plan: RunPlan,
    best: float,
    home: Path,
    watch: Callable[[int], Callable[[RunState], object]],
    stopped: Callable[[], bool],
) -> list[CurvePoint]:
    """Teach a network from so many pairs of a fold for each count of the plan; runs that were stopped go on.

    Args:
        start: the network to begin with; it is not changed.
        fold: what teaches, and what is judged on.
        plan: with the counts, rising, and the recipe of a run with all of the fold's pairs.
        best: dB that all of the fold's pairs led to, the last point.
        home: folder of the checkpoints.
        watch: of the number of a run, from zero on, gives what is told after every step.
        stopped: asked after every step.

    Returns:
        The points, by rising numbers of pairs; none if the plan has no counts.
    """
    if not plan.counts:
        return []
    recipe, contract = plan.recipe, start.contract
    bicubic = quick_score(build("bicubic", scale=contract.scale, input=contract.input), fold.judging)
    points = []
    for number, count in enumerate(plan.counts):
        few = evenly_spread(fold.teaching, count)
        few_recipe = recipe_for(count, recipe.steps, bfloat16=recipe.bfloat16, threads=recipe.threads)
        run = FineTuning(copy.deepcopy(start), few, few_recipe)
        model = fine_tune(run, home / f"pairs-{count}.ckpt", watch=watch(number), stopped=stopped)
        points.append(CurvePoint(count, quick_score(model, fold.judging, recipe.bfloat16) - bicubic))
    return [*points, CurvePoint(len(fold.teaching), best - bicubic)]


def curve_text(points: Sequence[CurvePoint]) -> str:
    """What the curve says, in a sentence or two."""
    told = ", ".join(f"{point.pairs}: {point.gain:+.2f}" for point in points).replace("-", "−")
    before, last = points[-2:]
    rise = (last.gain - before.gain) / math.log2(last.pairs / before.pairs)
    advice = (
        f"Twice as many pairs gave about {rise:+.2f} dB at the end: more would help."
        if rise >= MORE_HELPS
        else "More pairs of this kind would hardly help; scenes of other kinds and light may."
    )
    return f"Gain in dB over bicubic on the first held-out part, by the number of pairs that taught: {told}. {advice}"
