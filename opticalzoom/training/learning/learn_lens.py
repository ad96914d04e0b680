"""From a card of photos to learned lenses: what :command:`opticalzoom learn` and :func:`opticalzoom.learn` do."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from os import PathLike
from pathlib import Path
from statistics import fmean

from rich.console import Console

from opticalzoom.engines.checkpoint import save_model
from opticalzoom.engines.exporting.graphs_export import write_graphs
from opticalzoom.errors import ConfigError, PairError, counted, visible
from opticalzoom.files import home_path
from opticalzoom.lenses.lens_card import LensCard
from opticalzoom.lenses.library import install_lens, installed_name, plain_name
from opticalzoom.parallel.interruption import deferred_interrupt
from opticalzoom.parallel.progress import progress_bar
from opticalzoom.training.learning.folds import holds_scenes_out
from opticalzoom.training.learning.judging import BICUBIC, BUNDLED, METHODS, gain
from opticalzoom.training.learning.learn_report import REPORT, write_learn_report
from opticalzoom.training.learning.lens_measurement import describe_lens
from opticalzoom.training.learning.lens_run import Hooks, LensOutcome, learn_one
from opticalzoom.training.learning.material import LensPairs, gather
from opticalzoom.weights.card import ModelCard

WEIGHTS = "weights.safetensors"
_FOR_TRAINING = 0.75
"""Share of the time that is left after preparation; the rest is for the verdict and for writing."""
_FOR_PREPARING = 0.4
"""Share of the budget that preparation may take, as far as that can be told beforehand."""
_LEAST_SECONDS = 20.0
"""Of training a lens: less teaches nothing, whatever the preparation took."""


@dataclass(frozen=True)
class Learned:
    """What was learned of one lens.

    Attributes:
        title: of the lens.
        weights: the file, also if it was not installed.
        report: the page with the verdict.
        installed: its name in the library, None if it did not win or was not to be installed.
        figures: means over what was held out: ``psnr`` and ``ssim`` of each method, ``gain`` over bicubic and over the
            bundled weights in dB with standard errors, ``pairs``, ``scenes``.
        verdict: in one sentence.
    """

    title: str
    weights: Path
    report: Path
    installed: str | None
    figures: dict[str, object]
    verdict: str

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return {**asdict(self), "weights": str(self.weights), "report": str(self.report)}


def learn_card(
    photos: str | PathLike[str] | Sequence[str | PathLike[str]],
    output: str | PathLike[str] = "learned",
    *,
    budget: float = 900.0,
    scale: int | None = None,
    steps: int | None = None,
    overwrite: bool = False,
    install_winners: bool = True,
    console: Console | None = None,
) -> list[Learned]:
    """Learn the lenses of a card: find and register the pairs, train, judge on held-out scenes, install what wins.

    Args:
        photos: a folder tree of photos and RAW files; or photos, two of one scene; or a folder that ``prepare`` wrote;
            or one with parallel folders ``x`` and ``y``.
        output: folder of all results. Calling again with the same arguments goes on with what was stopped.
        budget: seconds for everything, shared by the lenses that are found.
        scale: 2, 3, 4 or 8; by default the one that most pairs of a lens suit.
        steps: of each run in place of what the budget allows; for results that do not depend on the machine's speed.
        overwrite: whether what was learned from other photos into this folder may be replaced.
        install_winners: whether weights that win go into the library of lenses, for ``zoom`` to find.
        console: where progress and findings are told; by default nowhere.

    Returns:
        One outcome for each lens: camera, lens and focal length of the short shots.

    Raises:
        PairError: there is no pair to learn from; the reasons are told.
        ConfigError: the budget is too small.
        OutputExistsError: the folder holds other results.
        KeyboardInterrupt: after Ctrl-C; everything that is finished is kept.
    """
    began = time.monotonic()
    if budget < _LEAST_SECONDS:
        raise ConfigError(f"a budget of {budget:g} s is too small.", remedy=f"Give it {_LEAST_SECONDS:g} s or more.")
    named = [photos] if isinstance(photos, str | PathLike) else list(photos)
    paths, out = [home_path(path) for path in named], home_path(output)
    for path in paths:
        if not path.exists():
            raise PairError("is not there.", path=path, remedy="Name a folder of photos, or two photos of a scene.")
    console = console or Console(quiet=True)

    def say(text: str) -> None:
        console.print(visible(text), markup=False, highlight=False, soft_wrap=True)

    sets = gather(paths, out, scale, say, budget * _FOR_PREPARING)
    left = max(_LEAST_SECONDS, budget - (time.monotonic() - began)) * _FOR_TRAINING / len(sets)
    results = []
    with deferred_interrupt() as stopped:
        for lens, home in zip(sets, lens_folders(sets, out), strict=True):
            if overwrite:
                shutil.rmtree(home, ignore_errors=True)
            say(f"{lens.title}: {counted(len(lens.pairs), 'pair')} of {counted(len(set(lens.scenes)), 'scene')}")
            with progress_bar(console) as bar:
                task = bar.add_task("Learning", total=None)
                hooks = Hooks(lambda done, total: bar.update(task, completed=done, total=total), stopped)  # noqa: B023
                outcome = learn_one(lens, home, left, budget=budget, steps=steps, hooks=hooks)
            results.append(_published(outcome, home, install_winners))
            say(results[-1].verdict)
    return results


def lens_folders(sets: Sequence[LensPairs], out: Path) -> list[Path]:
    """A folder for each lens, as ``google-pixel-7-2-35mm-x2``; numbered where two lenses differ in their model only."""
    names = list(map(_folder_name, sets))
    before = [names[:place].count(name) for place, name in enumerate(names)]
    return [out / (f"{name}-{count + 1}" if count else name) for name, count in zip(names, before, strict=True)]


def _folder_name(lens: LensPairs) -> str:
    known = lens.metadata
    length = f"{known.focal_length:g}mm" if known.focal_length else ""
    words = (known.camera or "camera", length, f"x{lens.scale}", "raw" if lens.input == "raw" else "")
    return plain_name(" ".join(filter(None, words)))


def figures_of(outcome: LensOutcome) -> dict[str, object]:
    """What the card and ``--json`` tell of a verdict."""
    scores = [one.scores for one in outcome.judged]
    methods = [method for method in METHODS if method in scores[0].psnr]
    learned = outcome.best or "learned"
    gains = {other: gain(scores, learned, other) for other in (BICUBIC, BUNDLED)}
    return {
        "psnr": {method: round(fmean(score.psnr[method] for score in scores), 3) for method in methods},
        "ssim": {method: round(fmean(score.ssim[method] for score in scores), 4) for method in methods},
        "gain": {other: [round(found.mean, 3), round(found.error, 3)] for other, found in gains.items()},
        "pairs": len(outcome.lens.pairs),
        "scenes": len(set(outcome.lens.scenes)),
        "gain_by_pairs": [[point.pairs, round(point.gain, 3)] for point in outcome.by_pairs],
    }


def verdict_of(outcome: LensOutcome) -> str:
    """The answer in one sentence."""
    scores = [one.scores for one in outcome.judged]
    what = outcome.best or "learned"
    over = f"{gain(scores, what, BICUBIC)} over bicubic, {gain(scores, what, BUNDLED)} over the bundled weights"
    held_out = (
        "scenes that it never saw" if holds_scenes_out(outcome.lens.scenes) else "the other halves of its pictures"
    )
    if outcome.best is None:
        return f"{outcome.lens.title}: nothing learned wins by more than chance: {over}, on {held_out}."
    name = {"learned": "the network", "linear": "a linear filter"}[outcome.best]
    return f"{outcome.lens.title}: {name} that was learned wins: {over}, on {held_out}."


def _published(outcome: LensOutcome, home: Path, install_winners: bool) -> Learned:
    """Weights, card, report; installed if it won."""
    lens, known = outcome.lens, outcome.lens.metadata
    figures = figures_of(outcome)
    card = LensCard.of_photo(
        known,
        ratio=lens.ratio,
        scale=lens.scale,
        input=lens.input,
        date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        figures=figures,
    )
    weights = home / WEIGHTS
    training = {**outcome.card.training, "lens": card.to_dict()}
    model_card = ModelCard(outcome.card.builder, outcome.card.arguments, training)
    save_model(weights, outcome.model, model_card, overwrite=True)
    write_graphs(weights)
    installed = None
    if outcome.best and install_winners and known.camera and known.focal_length:
        earlier = installed_name(card)
        installed = install_lens(weights, earlier, overwrite=earlier is not None)
    verdict = verdict_of(outcome)
    if outcome.best and install_winners and not installed:
        verdict += f" Its photos have no EXIF, so zoom cannot know it: use --weights {weights}"
    about = describe_lens(lens, home)
    report = write_learn_report(home / REPORT, outcome, verdict, installed, about)
    return Learned(lens.title, weights, report, installed, figures, verdict)
