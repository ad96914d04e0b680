"""All runs of one lens: what is held out judges, all pairs teach; a run that was stopped goes on.

The folder of a lens holds ``plan.json`` (what was decided before the first step), a checkpoint of each run, the
networks that were judged on the way, and at the end ``weights.safetensors``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from opticalzoom.engines.checkpoint import load_model, save_model
from opticalzoom.errors import PairError
from opticalzoom.lenses.linear_filter import fit_filter
from opticalzoom.models import build
from opticalzoom.models.base import ZoomModel
from opticalzoom.models.baselines import Linear
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.pairs.selection import evenly_spread, float_arrays
from opticalzoom.parallel.cores import cores_kept
from opticalzoom.training.learning import judging
from opticalzoom.training.learning.budget import best_stop, make_plan, marks
from opticalzoom.training.learning.fine_tuning import FineTuning, RunState, TuningRecipe, fine_tune
from opticalzoom.training.learning.folds import Fold, make_folds
from opticalzoom.training.learning.judging import Judged, judge_pairs, judged_part, quick_score
from opticalzoom.training.learning.material import LensPairs
from opticalzoom.training.learning.pair_curve import CurvePoint, learn_pair_curve
from opticalzoom.training.learning.start import nearest_base, starting_network
from opticalzoom.training.learning.strength import DetailSums, detail_sums, set_strength
from opticalzoom.weights.card import ModelCard

MOST_JUDGED = 8
"""Pairs of a fold that are judged, evenly spread: each takes a second or two."""
Curve = list[tuple[int, float]]


@dataclass(frozen=True)
class Hooks:
    """What a run tells and asks while it works.

    Attributes:
        step: told after every step how many are done, of all runs, and how many are planned.
        stopped: asked after every step, whether the user wants to stop.
    """

    step: Callable[[int, int], object] = lambda done, total: None
    stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class LensOutcome:
    """What came of the runs.

    Attributes:
        lens: the pairs.
        model: the network taught by all pairs, or the linear filter if that is better.
        card: to be written with its weights.
        best: name of the method that won, None if nothing learned did.
        judged: every held-out pair, or half of one.
        curves: (step, dB) of each fold.
        by_pairs: what fewer pairs give, empty if there was no time for it.
        stop: the step that the last run ended at.
        recipe: of all runs.
    """

    lens: LensPairs
    model: ZoomModel
    card: ModelCard
    best: str | None
    judged: list[Judged]
    curves: list[Curve]
    by_pairs: list[CurvePoint]
    stop: int
    recipe: TuningRecipe


def learn_one(
    lens: LensPairs,
    home: Path,
    seconds: float,
    *,
    budget: float | None = None,
    steps: int | None = None,
    base: str | None = None,
    hooks: Hooks | None = None,
) -> LensOutcome:
    """Teach a network a lens and judge it.

    Args:
        lens: its pairs.
        home: folder of the runs; one with the same pairs and budget is gone on with.
        seconds: for all runs together.
        budget: what the user asked for, of which preparation may have taken a part: runs are gone on with if it is the
            same. By default ``seconds``.
        steps: of each run; by default what the time allows.
        base: weights to begin with, bundled or a file; by default the bundled ones of the nearest scale.
        hooks: see :class:`Hooks`.

    Raises:
        OutputExistsError: the folder holds runs of other pairs or of another budget.
        PairError: not one held-out pair can be judged.
        KeyboardInterrupt: the user stopped it; calling again goes on.
    """
    hooks = hooks or Hooks()
    folds, base = make_folds(lens.pairs, lens.scenes), base or nearest_base(lens.scale, lens.input)
    start, card = starting_network(base, lens.scale, lens.pairs)
    with cores_kept():
        plan = make_plan(lens, folds, start, home, seconds=seconds, budget=budget or seconds, steps=steps)
        recipe, runs = plan.recipe, len(folds) + 1 + len(plan.counts)

        def watch(number: int) -> Callable[[RunState], object]:
            return lambda run: hooks.step(number * recipe.steps + run.step, runs * recipe.steps)

        curves = [
            _run_fold(start, card, fold, recipe, home / f"fold-{number + 1}", watch(number), hooks.stopped)
            for number, fold in enumerate(folds)
        ]
        judged, sums = _judged(folds, curves, home, start, recipe, lens)
        stop, run = best_stop(curves, recipe.steps), FineTuning(copy.deepcopy(start), lens.pairs, recipe)
        learned = fine_tune(run, home / "all.ckpt", until=stop, watch=watch(len(folds)), stopped=hooks.stopped).cpu()
        best_score = max(score for _, score in curves[0])
        after = len(folds) + 1
        by_pairs = learn_pair_curve(
            start, folds[0], plan, best_score, home, lambda number: watch(after + number), hooks.stopped
        )
    strength = sum(sums, DetailSums()).strength
    set_strength(learned, strength)
    best = judging.winner([one.scores for one in judged])
    if best == judging.LINEAR:
        learned, card = _linear(lens.pairs, lens.scale), ModelCard("linear", {"scale": lens.scale, "input": lens.input})
    training = {
        "base": Path(base).name,
        "steps": stop,
        "strength": round(strength, 3),
        "pairs": len(lens.pairs),
        "recipe": asdict(recipe),
    }
    card = ModelCard(card.builder, card.arguments, training)
    return LensOutcome(lens, learned, card, best, judged, curves, by_pairs, stop, recipe)


def _run_fold(
    start: ZoomModel,
    card: ModelCard,
    fold: Fold,
    recipe: TuningRecipe,
    home: Path,
    watch: Callable[[RunState], object],
    stopped: Callable[[], bool],
) -> Curve:
    run = FineTuning(copy.deepcopy(start), fold.teaching, recipe)

    def judge(model: ZoomModel) -> float:
        save_model(home / f"{run.progress.step}.safetensors", model, card, overwrite=True)
        return quick_score(model, fold.judging, recipe.bfloat16)

    fine_tune(run, home / "run.ckpt", judge=judge, marks=marks(recipe.steps), watch=watch, stopped=stopped)
    return run.progress.curve


def _judged(
    folds: Sequence[Fold],
    curves: Sequence[Curve],
    home: Path,
    start: ZoomModel,
    recipe: TuningRecipe,
    lens: LensPairs,
) -> tuple[list[Judged], list[DetailSums]]:
    """The verdict on every fold, by a network whose stop and strength the other folds chose."""
    models = [
        load_model(home / f"fold-{number + 1}" / f"{_stop_without(curves, number, recipe)}.safetensors")
        for number in range(len(folds))
    ]
    sums = [
        detail_sums(model, evenly_spread(fold.judging, MOST_JUDGED)) for model, fold in zip(models, folds, strict=True)
    ]
    judged: list[Judged] = []
    for number, (fold, model) in enumerate(zip(folds, models, strict=True)):
        others = sum((one for other, one in enumerate(sums) if other != number), DetailSums())
        judged += _judge_fold(fold, start, set_strength(model, others.strength), lens)
    if not judged:
        raise PairError("no held-out pair can be registered again to be judged.", remedy="Photograph more texture.")
    return judged, sums


def _stop_without(curves: Sequence[Curve], number: int, recipe: TuningRecipe) -> int:
    """Where the other folds would stop: what a fold is judged by must not choose its own stop."""
    return best_stop([curve for other, curve in enumerate(curves) if other != number], recipe.steps)


def _judge_fold(fold: Fold, start: ZoomModel, learned: ZoomModel, lens: LensPairs) -> list[Judged]:
    models: dict[str, ZoomModel] = {
        judging.BICUBIC: build("bicubic", scale=lens.scale, input=lens.input),
        judging.BUNDLED: start,
        judging.LEARNED: learned,
    }
    if lens.input == "rgb":
        models[judging.LINEAR] = _linear(fold.teaching, lens.scale)
    return judge_pairs(models, evenly_spread(fold.judging, MOST_JUDGED))


def _linear(pairs: Sequence[TrainingPair], scale: int) -> Linear:
    return Linear.of(fit_filter(float_arrays(map(judged_part, pairs)), scale))
