"""A study's table as Markdown, LaTeX, CSV and JSON, and for the terminal: the paper's figures beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Column, Table

from opticalzoom.evaluation.labels import PROTOCOLS, metric_digits, metric_title
from opticalzoom.evaluation.studies.results import CLOSE, Figure, Line
from opticalzoom.evaluation.studies.study import Study
from opticalzoom.pages.tables import (
    csv_table,
    json_document,
    latex_table,
    markdown_table,
    software_versions,
    terminal_table,
)

MISSING = "–"
_CLOSE_MARK = "≈"
_SHOWN = (
    ("honest", "psnr_y"),
    ("honest", "psnr_rgb"),
    ("honest", "ssim_y"),
    ("aligned", "psnr_y"),
    ("oracle", "psnr_y"),
)
"""Protocols and metrics that fit into a terminal of 80 columns."""


def cells(study: Study, found: Sequence[Line]) -> tuple[list[str], list[list[str]]]:
    """Header and rows: method, the paper's figures if there are any, ours under every protocol, and the leak."""
    columns = list(dict.fromkeys(name for row in study.rows for name in row.published))
    metrics = list(next(iter(found[0].scores.values())))
    header = ["Method", *(f"paper, {name}" for name in columns)]
    header += [f"{protocol}, {metric_title(metric)}" for protocol in PROTOCOLS for metric in metrics]
    header += ["oracle − honest (dB)", "seeds"]
    rows = []
    for line in found:
        published = line.row.published if line.row and not line.unaligned else {}
        row = [_title(line)]
        row += [f"{published[name]:g}" if name in published else MISSING for name in columns]
        row += [_figure(line, protocol, metric) for protocol in PROTOCOLS for metric in metrics]
        row += [MISSING if line.leak is None else f"{line.leak:+.2f}".replace("-", "−")]
        rows.append([*row, str(line.seeds) if line.row else MISSING])
    return header, rows


def notes(study: Study, found: Sequence[Line], setting: str) -> list[str]:
    """What a reader has to know: protocols, seeds, the paper's setting and ours."""
    images = {protocol: count for line in found for protocol, count in line.images.items()}
    texts = [setting]
    texts += [f"{protocol}: {PROTOCOLS[protocol]} Means of {count} pictures." for protocol, count in images.items()]
    if study.published:
        texts.append(f"paper: {study.published}." + ("" if _has_figures(study) else " Its figures are not in here."))
    if any(line.unaligned for line in found):
        texts.append("no offsets: offsets of exactly zero, as zooming does; otherwise X is its own reference, {X, X}.")
    if any(line.seeds > 1 for line in found):
        texts.append("±: half of the range between the seeds.")
    if any(line.close for line in found):
        texts.append(f"{_CLOSE_MARK}: closer than {CLOSE} dB (honest, Y) to another row, with one seed: no order.")
    return texts


def study_markdown(study: Study, found: Sequence[Line], setting: str) -> str:
    """Title, table and notes."""
    listed = "\n".join(f"- {text}" for text in notes(study, found, setting))
    return "\n".join([f"# {study.title}", "", markdown_table(*cells(study, found)), "", listed, ""])


def study_latex(study: Study, found: Sequence[Line], setting: str) -> str:
    """A table environment with the title and the notes as its caption."""
    return latex_table(*cells(study, found), caption=" ".join([study.title + ".", *notes(study, found, setting)]))


def lines_csv(found: Sequence[Line]) -> str:
    """A line for each method and protocol, six decimals."""
    metrics = list(next(iter(found[0].scores.values())))
    names = [name for metric in metrics for name in (metric, f"{metric}_spread")]
    rows = []
    for line in found:
        for protocol, scores in line.scores.items():
            numbers = [n for metric in metrics for n in (scores[metric].mean, scores[metric].spread)]
            leak = "" if line.leak is None else f"{line.leak:.6f}"
            head = [line.row.name if line.row else "", line.title, protocol, line.seeds, line.images[protocol]]
            rows.append([*head, *(f"{number:.6f}" for number in numbers), leak])
    return csv_table(["row", "method", "protocol", "seeds", "images", *names, "oracle_minus_honest"], rows)


def study_json(study: Study, found: Sequence[Line], settings: dict[str, Any], left_out: Sequence[str]) -> str:
    """Everything that the tables show, unrounded, with the settings, what was left out, and the versions."""
    content = {
        "study": study.name,
        "title": study.title,
        "settings": settings,
        "versions": software_versions(),
        "protocols": PROTOCOLS,
        "lines": [
            {
                "row": line.row.name if line.row else None,
                "title": line.title,
                "seeds": line.seeds,
                "images": line.images,
                "published": line.row.published if line.row else {},
                "scores": {protocol: {k: asdict(v) for k, v in s.items()} for protocol, s in line.scores.items()},
                "oracle_minus_honest": line.leak,
                "close": line.close,
            }
            for line in found
        ],
        "left_out": list(left_out),
    }
    return json_document(content, indent=1)


def lines_terminal(found: Sequence[Line]) -> Table:
    """What fits into a terminal of 80 columns: PSNR, and SSIM of the honest protocol."""
    titles = [f"{protocol}\n{metric_title(metric, unit=False)}" for protocol, metric in _SHOWN]
    rows = [
        [
            _title(line),
            *(_figure(line, *key) for key in _SHOWN),
            MISSING if line.leak is None else f"{line.leak:+.2f}",
        ]
        for line in found
    ]
    return terminal_table([Column("method", min_width=24)], [*titles, "oracle −\nhonest"], rows, padding=(0, 1, 0, 0))


def _title(line: Line) -> str:
    return line.title + (f" {_CLOSE_MARK}" if line.close else "")


def _figure(line: Line, protocol: str, metric: str) -> str:
    figure: Figure | None = line.scores.get(protocol, {}).get(metric)
    if figure is None:
        return MISSING
    digits = metric_digits(metric)
    spread = f" ±{figure.spread:.{digits}f}" if line.seeds > 1 and line.row else ""
    return f"{figure.mean:.{digits}f}{spread}"


def _has_figures(study: Study) -> bool:
    return any(row.published for row in study.rows)
