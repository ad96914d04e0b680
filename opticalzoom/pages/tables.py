"""One table in every form that results come in: CSV, Markdown, LaTeX, the terminal; and JSON beside it.

A table is a header and rows, all of them of text and of equal length: what a number looks like is its caller's affair.
The first column holds names, the others figures.
"""

from __future__ import annotations

import csv
import io
import json
import math
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.padding import PaddingDimensions
from rich.table import Column, Table
from rich.text import Text

from opticalzoom.errors import OpticalZoomError, visible

Cells = Sequence[object]

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
"""Characters that TeX would take for commands or lacks -> how they are written."""


def csv_table(header: Cells, rows: Iterable[Cells]) -> str:
    r"""Comma-separated values, quoted where they need to be.

    >>> csv_table(["name", "dB"], [["a, b", "27.50"]])
    'name,dB\n"a, b",27.50\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lines of GitHub's Markdown, figures to the right; without a line break at the end.

    >>> print(markdown_table(["name", "dB"], [["a|b", "27.50"]]))
    | name | dB |
    |---|---:|
    | a\\|b | 27.50 |
    """
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in (header, *rows)]
    lines.insert(1, f"|---|{'---:|' * (len(header) - 1)}")
    return "\n".join(lines)


def latex_table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """A table environment of the page's width, for the packages booktabs and graphicx; all text is escaped."""
    head, *body = [" & ".join(map(escape_latex, row)) + r" \\" for row in (header, *rows)]
    return "\n".join(
        [
            "% needs \\usepackage{booktabs} and \\usepackage{graphicx}",
            r"\begin{table}",
            rf"\caption{{{escape_latex(caption)}}}",
            r"\centering",
            rf"\resizebox{{\textwidth}}{{!}}{{\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"\toprule",
            head,
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
            "",
        ]
    )


def escape_latex(text: str) -> str:
    r"""Text that LaTeX prints as it is.

    >>> escape_latex("100 % ×3")
    '100 \\% $\\times$3'
    """
    return re.sub("|".join(map(re.escape, _LATEX)), lambda found: _LATEX[found[0]], text)


def terminal_table(
    names: Sequence[Column], figures: Iterable[str], rows: Iterable[Sequence[str]], padding: PaddingDimensions
) -> Table:
    """A table for Rich to print, figures to the right and on one line.

    Args:
        names: the columns of text, which come first.
        figures: titles of the columns of figures.
        rows: with as many cells as there are columns.
        padding: around cells, as Rich has it; 80 columns of a terminal are narrow.
    """
    numbers = (Column(title, justify="right", no_wrap=True) for title in figures)
    table = Table(*names, *numbers, box=SIMPLE, padding=padding, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))  # brackets in a name are no markup
    return table


def read_json(
    path: Path, fields: Mapping[str, type], remedy: str, *, error: type[OpticalZoomError] = OpticalZoomError
) -> dict[str, Any]:
    """The JSON object in a file of ours, which has these fields of these types and perhaps others.

    Raises:
        OpticalZoomError: (as ``error``) it cannot be read, or is no such object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        for name, kind in fields.items():
            if not isinstance(found[name], kind):
                raise TypeError(f"{name} is {str(found[name])[:40]!r}")
    except OSError as problem:
        raise error(f"cannot be read: {problem.strerror}.", path=path, remedy=remedy) from problem
    except (ValueError, TypeError, KeyError, RecursionError) as problem:
        raise error(f"is damaged ({type(problem).__name__}: {problem}).", path=path, remedy=remedy) from problem
    return dict(found)


def json_document(content: object, indent: int) -> str:
    """JSON of plain values with a line break at the end; numbers that it lacks (inf, nan) become null.

    >>> json_document({"psnr": float("inf")}, indent=1)
    '{\\n "psnr": null\\n}\\n'
    """
    return json.dumps(_finite(content), indent=indent, ensure_ascii=False, allow_nan=False) + "\n"


def software_versions() -> dict[str, str]:
    """Versions of Python, this package and PyTorch, which figures may depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("opticalzoom", "torch")}}


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
