"""What a study leaves: its table in four formats, the scores of every picture, figures and curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from opticalzoom.evaluation.methods import BICUBIC, SHIPPED
from opticalzoom.evaluation.protocols import Row
from opticalzoom.evaluation.report import scores_csv
from opticalzoom.evaluation.studies import study_tables as tables
from opticalzoom.evaluation.studies.figures import TRUTH, Curve, figure, plot_curves
from opticalzoom.evaluation.studies.results import Line, lines, read_scores
from opticalzoom.evaluation.studies.run import Runner
from opticalzoom.files import write_text
from opticalzoom.pages.pictures import Picture, save_picture


def collect(runner: Runner) -> tuple[list[Row], list[str]]:
    """All scores that are there, baselines first, and what was left out.

    With several kinds of input the baselines of each say which.
    """
    rows: list[Row] = []
    left_out: list[str] = []
    for kind, suffix in _kinds(runner).items():
        if runner.baselines(kind).exists():
            found, skipped = read_scores(runner.baselines(kind))
            rows += [Row(row.name, row.method + suffix, row.protocol, row.scores, row.seconds) for row in found]
            left_out += skipped
    for run in runner.runs:
        if run.scores.exists():
            found, skipped = read_scores(run.scores)
            rows += found
            left_out += skipped
    return rows, list(dict.fromkeys(left_out))


def _kinds(runner: Runner) -> dict[str, str]:
    """Kinds of input, and what baselines of each have after their names."""
    kinds = list(dict.fromkeys(run.input for run in runner.runs))
    return {kind: f", {kind.upper()}" if len(kinds) > 1 else "" for kind in kinds}


def write_tables(runner: Runner, setting: str) -> list[Line]:
    """Write ``table.md``, ``table.tex``, ``results.csv``, ``results.json`` and ``pictures.csv``; the lines if any."""
    rows, left_out = collect(runner)
    if not rows:
        return []
    study, out = runner.study, runner.order.out
    found = lines(rows, {run.name: run.row for run in runner.runs})
    missing = [f"{name}: {reason}" for name, reason in runner.failures.items()] + left_out
    listed = "".join(f"- left out: {reason}\n" for reason in missing)
    settings = {"setting": setting, "steps": runner.settings.steps, "seconds_per_step": runner.settings.seconds}
    texts = {
        "table.md": tables.study_markdown(study, found, setting) + listed,
        "table.tex": tables.study_latex(study, found, setting),
        "results.csv": tables.lines_csv(found),
        "results.json": tables.study_json(study, found, settings, missing),
        "pictures.csv": scores_csv(rows),
    }
    for name, text in texts.items():
        write_text(out / name, text, overwrite=True)
    return found


def write_figures(runner: Runner, found: Sequence[Line]) -> None:
    """Write ``figures/PAIR.png`` for the test images, and ``curves-N.png`` and ``.csv`` of groups with an axis."""
    rows, _ = collect(runner)
    images = runner.order.out / "images"
    for home in sorted(path for path in images.glob("*") if path.is_dir()):
        pictures = _pictures(runner, rows, home)
        if len(pictures) > 1:
            save_picture(runner.order.out / "figures" / f"{home.name}.png", figure(home.name, pictures), overwrite=True)
    for group, axis in runner.study.axes.items():
        _write_curves(runner, found, group, axis)


def _pictures(runner: Runner, rows: Sequence[Row], home: Path) -> dict[str, Picture]:
    """Label -> picture of one test image: baselines, the first seed of every row, the truth."""
    decibels = {row.method: row.scores["psnr_y"] for row in rows if (row.name, row.protocol) == (home.name, "honest")}
    first = {run.row.name: run for run in reversed(runner.runs)}
    names = {f"{b}-{kind}": (b + end, b + end) for kind, end in _kinds(runner).items() for b in (BICUBIC, SHIPPED)}
    names |= {run.name: (run.name, run.row.title) for run in runner.runs if run is first[run.row.name]}
    shown = {
        name: f"{title}\n{decibels[method]:.2f} dB (Y)" for name, (method, title) in names.items() if method in decibels
    }
    shown[TRUTH] = TRUTH
    paths = {title: home / f"{name}.png" for name, title in shown.items()}
    return {title: np.asarray(Image.open(path)) for title, path in paths.items() if path.exists()}


def _write_curves(runner: Runner, found: Sequence[Line], group: int, axis: str) -> None:
    chosen = [line for line in found if line.row and line.row.group == group and not line.unaligned]
    methods = dict.fromkeys(line.row.method for line in chosen if line.row)
    curves = [_curve(method, [line for line in chosen if line.row and line.row.method == method]) for method in methods]
    if not curves:
        return
    level = next((line.scores["honest"]["psnr_rgb"].mean for line in found if line.title.startswith(BICUBIC)), None)
    path = runner.order.out / f"curves-{group}.png"
    plot_curves(path, curves, runner.study.title, axis, level)
    texts = [f"method,{axis.partition('(')[0].strip()},psnr_rgb"]
    texts += [f'"{curve.method}",{x:g},{y:.6f}' for curve in curves for x, y in zip(curve.x, curve.y, strict=True)]
    write_text(path.with_suffix(".csv"), "\n".join(texts) + "\n", overwrite=True)


def _curve(method: str, found: Sequence[Line]) -> Curve:
    points = sorted((float(line.row.target or 0), line.scores["honest"]["psnr_rgb"].mean) for line in found if line.row)
    return Curve(method, [x for x, _ in points], [y for _, y in points])
