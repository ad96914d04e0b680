"""Reports of an evaluation: the scores of every picture and their means, as files and for the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Column, Table

from opticalzoom.errors import OutputExistsError
from opticalzoom.evaluation.labels import PROTOCOLS, metric_digits, metric_title
from opticalzoom.evaluation.protocols import Row
from opticalzoom.files import atomic_path
from opticalzoom.pages.contact_sheets import contact_sheet
from opticalzoom.pages.pictures import Picture, png
from opticalzoom.pages.tables import csv_table, json_document, markdown_table, software_versions, terminal_table

FILES = ("results.csv", "table.md", "results.json", "contact.png")


@dataclass(frozen=True)
class Mean:
    """Mean scores of a method under a protocol, over ``images`` pictures."""

    protocol: str
    method: str
    images: int
    scores: dict[str, float]
    seconds: float


def means(rows: Sequence[Row]) -> list[Mean]:
    """One mean for each protocol and method, over the pictures that all methods of the protocol have."""
    return [
        mean for protocol in dict.fromkeys(row.protocol for row in rows) for mean in _protocol_means(rows, protocol)
    ]


def _protocol_means(rows: Sequence[Row], protocol: str) -> list[Mean]:
    by_method: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row.protocol == protocol:
            by_method.setdefault(row.method, {})[row.name] = row
    common = set.intersection(*(set(found) for found in by_method.values()))
    result = []
    for method, found in by_method.items():
        chosen = [found[name] for name in sorted(common)]
        metrics = next(iter(found.values())).scores
        scores = {metric: _average([row.scores[metric] for row in chosen]) for metric in metrics}
        result.append(Mean(protocol, method, len(chosen), scores, _average([row.seconds for row in chosen])))
    return result


def scores_csv(rows: Sequence[Row]) -> str:
    """One line a picture, six decimals."""
    metrics = list(rows[0].scores)
    numbers = ([*(row.scores[metric] for metric in metrics), row.seconds] for row in rows)
    lines = (
        [row.name, row.method, row.protocol, *(f"{number:.6f}" for number in found)]
        for row, found in zip(rows, numbers, strict=True)
    )
    return csv_table(["name", "method", "protocol", *metrics, "seconds"], lines)


def means_markdown(averages: Sequence[Mean]) -> str:
    """Means as Markdown, a table for each protocol under its name and what it is."""
    header = ["Method", *(metric_title(metric) for metric in averages[0].scores), "s/image"]
    parts = []
    for protocol in dict.fromkeys(mean.protocol for mean in averages):
        chosen = [mean for mean in averages if mean.protocol == protocol]
        parts.append(
            f"### Protocol: {protocol}\n\n{protocol}: {PROTOCOLS[protocol]} Means of {chosen[0].images} images.\n"
        )
        parts.append(markdown_table(header, [[mean.method, *_numbers(mean)] for mean in chosen]))
        parts.append("")
    return "\n".join(parts)


def means_terminal(averages: Sequence[Mean]) -> Table:
    """Means for a terminal of 80 columns; PSNR in dB."""
    titles = (metric_title(metric, unit=False) for metric in averages[0].scores)
    return terminal_table(
        [Column("protocol", no_wrap=True), Column("method", overflow="fold")],
        ["images", *titles, "s/image"],
        [[mean.protocol, mean.method, str(mean.images), *_numbers(mean)] for mean in averages],
        padding=0,
    )


def results_json(averages: Sequence[Mean], skipped: Sequence[str], command: str, leak: str = "") -> str:
    """Means, what was left out, what makes scores too high if anything does, the command and the versions.

    Numbers that JSON lacks (inf, nan) become null.
    """
    content = {
        "command": command,
        "versions": software_versions(),
        "protocols": {name: PROTOCOLS[name] for name in dict.fromkeys(mean.protocol for mean in averages)},
        "means": [asdict(mean) for mean in averages],
        "skipped": list(skipped),
    }
    return json_document(content | ({"leak": leak} if leak else {}), indent=2)


def check_free(folder: Path, *, overwrite: bool) -> None:
    """Find out before the work whether the results may be written.

    Raises:
        OutputExistsError: one of :data:`FILES` is there and must not be replaced, or ``folder`` is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputExistsError("is a file, expected a folder.", path=folder, remedy="Choose another name.")
    taken = next((folder / name for name in FILES if (folder / name).exists()), None)
    if taken is not None and not overwrite:
        raise OutputExistsError("is there already.", path=taken, remedy="Choose another folder or add --overwrite.")


def write_results(
    folder: Path,
    rows: Sequence[Row],
    examples: Sequence[Picture],
    skipped: Sequence[str],
    command: str,
    leak: str = "",
    *,
    overwrite: bool = False,
) -> None:
    """Write :data:`FILES`: every picture's scores, mean tables, and the contact sheet of ``examples``; all or none.

    Raises:
        OutputExistsError: one of them is there and must not be replaced.
        OpticalZoomError: the disk refuses.
    """
    averages = means(rows)
    left_out = "".join(f"- {reason}\n" for reason in skipped)
    table = means_markdown(averages) + (f"\n**{leak}.**\n" if leak else "")
    table += f"\nLeft out:\n\n{left_out}" if skipped else ""
    texts = (scores_csv(rows), table, results_json(averages, skipped, command, leak))
    contents = [*(text.encode(errors="backslashreplace") for text in texts), png(contact_sheet(examples))]
    with ExitStack() as stack:  # they appear when the last one is whole
        for name, content in zip(FILES, contents, strict=True):
            stack.enter_context(atomic_path(folder / name, overwrite)).write_bytes(content)


def _numbers(mean: Mean) -> list[str]:
    return [*(f"{value:.{metric_digits(name)}f}" for name, value in mean.scores.items()), f"{mean.seconds:.2f}"]


def _average(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
