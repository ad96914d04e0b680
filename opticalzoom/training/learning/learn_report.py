"""The page of a learned lens: the answer first, before and after, then scores, the curve, the lens and the pairs."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from opticalzoom.files import write_text
from opticalzoom.pages.line_plots import Axes
from opticalzoom.pages.page import PAGE_STYLE, Section, html_document, section_html
from opticalzoom.pages.pictures import Picture, save_picture
from opticalzoom.pages.slider import SLIDER_SCRIPT, SLIDER_STYLE, slider
from opticalzoom.training.learning.folds import holds_scenes_out
from opticalzoom.training.learning.judging import BICUBIC, METHODS, TRUTH, Judged, gain
from opticalzoom.training.learning.lens_run import LensOutcome
from opticalzoom.training.learning.pair_curve import CurvePoint, curve_text

REPORT = "report.html"
PICTURES = "pictures"
_SIDE = 480
"""Longer side of the parts that are shown, in pixels of the target: they are shown at 100 %."""
_MOST = 12
"""Held-out pairs that are shown."""


def write_learn_report(page: Path, outcome: LensOutcome, verdict: str, installed: str | None, lens: str = "") -> Path:
    """Write the page and its pictures beside it, in place of older ones.

    Args:
        page: its file.
        outcome: of the runs.
        verdict: the answer in one sentence.
        installed: name in the library.
        lens: HTML about the measured lens.
    """
    best = outcome.best or "learned"
    sentence = verdict.removeprefix(f"{outcome.lens.title}: ")
    answer = f"Installed as {installed}: zoom takes it for photos of this lens." if installed else "Not installed."
    parts = [
        f"<h1>{html.escape(outcome.lens.title)}</h1>",
        f'<p class="answer">{html.escape(sentence[:1].upper() + sentence[1:])}</p>',
        f"<p>{html.escape(answer)}</p>",
        "<h2>Before and after, on what was held out</h2>",
        *(_comparison(page.parent, number, one, best) for number, one in enumerate(outcome.judged[:_MOST], start=1)),
        section_html(_scores(outcome)),
        "<h2>How it learned</h2>",
        f"<p>{html.escape(_curve_text(outcome))}</p>",
        curve_svg(outcome.curves),
        *_more_pairs(outcome.by_pairs),
        "<h2>The lens, measured</h2>",
        lens,
        *_pairs(outcome, page.parent),
        SLIDER_SCRIPT,
    ]
    text = html_document(outcome.lens.title, PAGE_STYLE + SLIDER_STYLE + _STYLE, parts)
    write_text(page, text, overwrite=True)
    return page


_STYLE = """
.answer { font-size: 1.35rem; line-height: 1.4; overflow-wrap: anywhere; }
.pair { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: flex-start; }
.pair figure { margin: .5rem 0; }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818; } figcaption { color: #aaa; }
  th, td { border-color: #444; } a { color: #8ab4f8; } }
"""


def _comparison(folder: Path, number: int, judged: Judged, best: str) -> str:
    """A slider between bicubic and what was learned, and the truth beside it, of the part with most texture."""
    shown = {name: judged.pictures[name] for name in (BICUBIC, best, TRUTH)}
    rows, columns = busiest_part(shown[TRUTH], _SIDE)
    files = {}
    for name, picture in shown.items():
        files[name] = f"{PICTURES}/{number}-{name}.png"
        save_picture(folder / files[name], np.ascontiguousarray(picture[rows, columns]), overwrite=True)
    height, width = shown[TRUTH][rows, columns].shape[:2]
    scores = judged.scores
    ahead = f"{scores.psnr[best] - scores.psnr[BICUBIC]:+.2f}".replace("-", "−")
    text = f"{scores.pair}: {best} {ahead} dB over bicubic"
    compared = slider(files[BICUBIC], files[best], (BICUBIC, best), (width, height))
    truth = (
        f'<figure><img src="{html.escape(files[TRUTH])}" width="{width}" height="{height}" alt="truth">'
        "<figcaption>the long shot</figcaption></figure>"
    )
    return f'<h3>{html.escape(text)}</h3><div class="pair">{compared}{truth}</div>'


def busiest_part(picture: Picture, side: int) -> tuple[slice, slice]:
    """Rows and columns of the part, at most ``side`` a side, in which neighbouring pixels differ most."""
    grey = picture.astype(np.float32).mean(axis=2)
    steps: NDArray[np.float32] = np.abs(np.diff(grey, axis=0, prepend=grey[:1])) + np.abs(
        np.diff(grey, axis=1, prepend=grey[:, :1])
    )
    height, width = (min(side, length) for length in grey.shape)
    total = np.pad(steps.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    sums = total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]
    top, left = np.unravel_index(int(sums.argmax()), sums.shape)
    return slice(int(top), int(top) + height), slice(int(left), int(left) + width)


def _scores(outcome: LensOutcome) -> Section:
    scores = [one.scores for one in outcome.judged]
    methods = [method for method in METHODS if method in scores[0].psnr]
    rows: list[Sequence[str]] = [("held out", *(f"{method}, dB" for method in methods))]
    rows += [(score.pair, *(f"{score.psnr[method]:.2f}" for method in methods)) for score in scores]
    rows.append(("mean", *(f"{fmean(score.psnr[method] for score in scores):.2f}" for method in methods)))
    rows.append(("SSIM, mean", *(f"{fmean(score.ssim[method] for score in scores):.3f}" for method in methods)))
    rows.append(("gain over bicubic", *(str(gain(scores, method, BICUBIC)) for method in methods)))
    text = (
        "PSNR and SSIM of Y (limited range, 8 bit) on trusted pixels, after every result was registered to the long "
        "shot and given its colours. Gains: mean and standard error over the rows."
    )
    return Section("Scores", text, table=rows)


def _curve_text(outcome: LensOutcome) -> str:
    held = "a part of the scenes" if holds_scenes_out(outcome.lens.scenes) else "one half of every picture"
    return (
        f"In each of {len(outcome.curves)} runs {held} was held out; the lines are their scores after so many steps. "
        f"The network for use learned from {_all_of(len(outcome.lens.pairs))} and stopped at step {outcome.stop} of "
        f"{outcome.recipe.steps}, where the mean of the lines is highest."
    )


def _all_of(pairs: int) -> str:
    return "the one pair" if pairs == 1 else f"all {pairs} pairs"


def curve_svg(curves: Sequence[Sequence[tuple[int, float]]]) -> str:
    """Scores over steps as a drawing, a line for each run, each above its own lowest score."""
    told = [curve for curve in curves if curve]
    if not told:
        return ""
    lines = [[(step, score - min(score for _, score in curve)) for step, score in curve] for curve in told]
    points = [point for line in lines for point in line]
    top = max(0.05, *(score for _, score in points))
    axes = Axes("step", "dB above the lowest score", max(step for step, _ in points), top, width=640, height=240)
    drawn = [axes.curve([step for step, _ in line], [score for _, score in line], "#1a73e8") for line in lines]
    return axes.plot(drawn)


def _more_pairs(points: Sequence[CurvePoint]) -> list[str]:
    """What more pairs would give, drawn and in words; nothing where it was not asked."""
    if not points:
        return []
    top = max(0.05, *(point.gain for point in points))
    axes = Axes("pairs", "dB over bicubic", max(point.pairs for point in points), top, width=640, height=240)
    line = axes.curve([point.pairs for point in points], [point.gain for point in points], "#1a73e8")
    dots = [axes.dot(point.pairs, point.gain, 0.0, "#1a73e8") for point in points]
    text = f"<p>{html.escape(curve_text(points))}</p>"
    return ["<h3>What more pairs would give</h3>", text, axes.plot([line, *dots])]


def _pairs(outcome: LensOutcome, folder: Path) -> list[str]:
    names = ", ".join(pair.name for pair in outcome.lens.pairs)
    parts = ["<h2>The pairs</h2>", f"<p>{html.escape(names)}</p>"]
    if outcome.lens.report:
        link = html.escape(os.path.relpath(outcome.lens.report, folder))
        parts.append(f'<p><a href="{link}">All pairs, those that were rejected too, with pictures</a></p>')
    return parts
