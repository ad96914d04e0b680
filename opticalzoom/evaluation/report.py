"""Reports: scores as CSV, Markdown and JSON; writing text and pictures."""

from __future__ import annotations

import csv
import io
import json
import math
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from PIL import Image
from rich.box import SIMPLE
from rich.table import Table

from opticalzoom.errors import OutputExistsError
from opticalzoom.evaluation.labels import PROTOCOLS
from opticalzoom.evaluation.protocols import Row
from opticalzoom.files import atomic_path, write_text
from opticalzoom.pages.pictures import Picture, contact_sheet

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


def csv_text(rows: Sequence[Row]) -> str:
    """One line a picture, six decimals."""
    text, metrics = io.StringIO(), list(rows[0].scores)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "method", "protocol", *metrics, "seconds"])
    for row in rows:
        numbers = [*(row.scores[metric] for metric in metrics), row.seconds]
        writer.writerow([row.name, row.method, row.protocol, *(f"{number:.6f}" for number in numbers)])
    return text.getvalue()


def markdown_table(averages: Sequence[Mean]) -> str:
    """Means as Markdown, a table for each protocol under its name and what it is."""
    header = ["Method", *(_title(metric) for metric in averages[0].scores), "s/image"]
    parts = []
    for protocol in dict.fromkeys(mean.protocol for mean in averages):
        chosen = [mean for mean in averages if mean.protocol == protocol]
        parts.append(
            f"### Protocol: {protocol}\n\n{protocol}: {PROTOCOLS[protocol]} Means of {chosen[0].images} images.\n"
        )
        parts.append(f"| {' | '.join(header)} |\n|---|{'---:|' * (len(header) - 1)}")
        parts.extend(f"| {mean.method} | {' | '.join(_numbers(mean))} |" for mean in chosen)
        parts.append("")
    return "\n".join(parts)


def rich_table(averages: Sequence[Mean]) -> Table:
    """Means for a terminal of 80 columns; PSNR in dB."""
    table = Table(box=SIMPLE, padding=0, pad_edge=False)
    table.add_column("protocol", no_wrap=True)
    table.add_column("method", overflow="fold")
    for title in ("images", *(metric.replace("_", " ").upper() for metric in averages[0].scores), "s/image"):
        table.add_column(title, justify="right", no_wrap=True)
    for mean in averages:
        table.add_row(mean.protocol, mean.method, str(mean.images), *_numbers(mean))
    return table


def results_json(averages: Sequence[Mean], skipped: Sequence[str], command: str) -> str:
    """Means, what was left out, the command and the versions; numbers that JSON lacks (inf, nan) become null."""
    content = {
        "command": command,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in ("opticalzoom", "torch")}},
        "protocols": {name: PROTOCOLS[name] for name in dict.fromkeys(mean.protocol for mean in averages)},
        "means": [_finite(asdict(mean)) for mean in averages],
        "skipped": list(skipped),
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


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
    *,
    overwrite: bool = False,
) -> None:
    """Write :data:`FILES`: every picture's scores, mean tables, and the contact sheet of ``examples``."""
    averages = means(rows)
    left_out = "".join(f"- {reason}\n" for reason in skipped)
    table = markdown_table(averages) + (f"\nLeft out:\n\n{left_out}" if skipped else "")
    write_text(folder / "results.csv", csv_text(rows), overwrite=overwrite)
    write_text(folder / "table.md", table, overwrite=overwrite)
    write_text(folder / "results.json", results_json(averages, skipped, command), overwrite=overwrite)
    write_png(folder / "contact.png", contact_sheet(examples), overwrite=overwrite)


def write_png(path: Path, picture: Picture, *, overwrite: bool = False) -> None:
    """Write an H×W×3 uint8 picture as PNG, whole or not at all.

    Raises:
        OutputExistsError: it is there and must not be replaced.
    """
    with atomic_path(path, overwrite) as part:
        Image.fromarray(picture).save(part, format="PNG")


def _title(metric: str) -> str:
    unit = " (dB)" if metric.startswith("psnr") else ""
    return metric.replace("_", " ").upper() + unit


def _numbers(mean: Mean) -> list[str]:
    digits = {metric: 2 if metric.startswith("psnr") else 4 for metric in mean.scores}
    return [*(f"{value:.{digits[metric]}f}" for metric, value in mean.scores.items()), f"{mean.seconds:.2f}"]


def _average(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
