"""A study's table as Markdown, LaTeX, CSV and JSON, and for the terminal: the paper's figures beside ours."""

from __future__ import annotations

import csv
import io
import json
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from opticalzoom.evaluation.labels import PROTOCOLS
from opticalzoom.evaluation.studies.results import CLOSE, Figure, Line
from opticalzoom.evaluation.studies.study import Study

MISSING = "–"
_CLOSE_MARK = "≈"
_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "−": "$-$",
    "–": "--",
}
"""What TeX would take for something else."""

_SHOWN = (
    ("honest", "psnr_y"),
    ("honest", "psnr_rgb"),
    ("honest", "ssim_y"),
    ("aligned", "psnr_y"),
    ("oracle", "psnr_y"),
)
"""What fits into a terminal."""

Cells = list[list[str]]


def cells(study: Study, found: Sequence[Line]) -> Cells:
    """Header and lines: method, the paper's figures if there are any, ours under every protocol, and the leak."""
    columns = list(dict.fromkeys(name for row in study.rows for name in row.published))
    metrics = list(next(iter(found[0].scores.values())))
    header = ["Method", *(f"paper, {name}" for name in columns)]
    header += [f"{protocol}, {metric_title(metric)}" for protocol in PROTOCOLS for metric in metrics]
    header += ["oracle − honest (dB)", "seeds"]
    table = [header]
    for line in found:
        published = line.row.published if line.row and not line.unaligned else {}
        cell = [line.title + (f" {_CLOSE_MARK}" if line.close else "")]
        cell += [f"{published[name]:g}" if name in published else MISSING for name in columns]
        cell += [_figure(line, protocol, metric) for protocol in PROTOCOLS for metric in metrics]
        cell += [MISSING if line.leak is None else f"{line.leak:+.2f}".replace("-", "−")]
        table.append([*cell, str(line.seeds) if line.row else MISSING])
    return table


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


def markdown(study: Study, found: Sequence[Line], setting: str) -> str:
    """Title, table and notes."""
    head, *body = cells(study, found)
    rows = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in (head, *body)]
    rows.insert(1, f"|---|{'---:|' * (len(head) - 1)}")
    listed = "\n".join(f"- {text}" for text in notes(study, found, setting))
    return "\n".join([f"# {study.title}", "", *rows, "", listed, ""])


def latex(study: Study, found: Sequence[Line], setting: str) -> str:
    """A table environment for the package booktabs."""
    head, *body = [[escape(cell) for cell in row] for row in cells(study, found)]
    rows = [" & ".join(row) + r" \\" for row in body]
    caption = escape(" ".join([study.title + ".", *notes(study, found, setting)]))
    return "\n".join(
        [
            "% needs \\usepackage{booktabs} and \\usepackage{graphicx}",
            r"\begin{table}",
            rf"\caption{{{caption}}}",
            r"\centering",
            rf"\resizebox{{\textwidth}}{{!}}{{\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}",
            r"\toprule",
            " & ".join(head) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
            "",
        ]
    )


def escape(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return re.sub("|".join(map(re.escape, _LATEX)), lambda found: _LATEX[found[0]], text)


def csv_text(found: Sequence[Line]) -> str:
    """A line for each method and protocol, six decimals."""
    metrics = list(next(iter(found[0].scores.values())))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [name for metric in metrics for name in (metric, f"{metric}_spread")]
    writer.writerow(["row", "method", "protocol", "seeds", "images", *names, "oracle_minus_honest"])
    for line in found:
        for protocol, scores in line.scores.items():
            numbers = [n for metric in metrics for n in (scores[metric].mean, scores[metric].spread)]
            leak = "" if line.leak is None else f"{line.leak:.6f}"
            head = [line.row.name if line.row else "", line.title, protocol, line.seeds, line.images[protocol]]
            writer.writerow([*head, *(f"{number:.6f}" for number in numbers), leak])
    return text.getvalue()


def json_text(study: Study, found: Sequence[Line], settings: dict[str, Any], left_out: Sequence[str]) -> str:
    """All of it, with the versions."""
    content = {
        "study": study.name,
        "title": study.title,
        "settings": settings,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in ("opticalzoom", "torch")}},
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
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def rich_table(found: Sequence[Line]) -> Table:
    """PSNR for a terminal of 80 columns."""
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("method", min_width=24)
    for title in (
        *(f"{protocol}\n{metric_title(metric).removesuffix(' (dB)')}" for protocol, metric in _SHOWN),
        "oracle −\nhonest",
    ):
        table.add_column(title, justify="right", no_wrap=True)
    for line in found:
        leak = MISSING if line.leak is None else f"{line.leak:+.2f}"
        mark = f" {_CLOSE_MARK}" if line.close else ""
        table.add_row(line.title + mark, *(_figure(line, *key) for key in _SHOWN), leak)
    return table


def metric_title(metric: str) -> str:
    """PSNR Y (dB) for psnr_y."""
    return metric.replace("_", " ").upper() + (" (dB)" if metric.startswith("psnr") else "")


def _figure(line: Line, protocol: str, metric: str) -> str:
    figure: Figure | None = line.scores.get(protocol, {}).get(metric)
    if figure is None:
        return MISSING
    digits = 2 if metric.startswith("psnr") else 4
    spread = f" ±{figure.spread:.{digits}f}" if line.seeds > 1 and line.row else ""
    return f"{figure.mean:.{digits}f}{spread}"


def _has_figures(study: Study) -> bool:
    return any(row.published for row in study.rows)
