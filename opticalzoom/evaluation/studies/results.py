"""From the scores of all pictures to the lines of a table: means over pictures, then over seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from opticalzoom.errors import ConfigError
from opticalzoom.evaluation.methods import UNALIGNED
from opticalzoom.evaluation.protocols import Row
from opticalzoom.evaluation.report import Mean, means
from opticalzoom.evaluation.studies.study import PRETRAINED, StudyRow
from opticalzoom.pages.tables import read_json

CLOSE = 0.2
"""dB of honest PSNR (Y): rows that are closer need a second seed."""


@dataclass(frozen=True)
class Figure:
    """A metric's mean over the seeds, and half of the range between the lowest and the highest."""

    mean: float
    spread: float


@dataclass(frozen=True)
class Line:
    """A line of a table: a row of the study, its variant without offsets, or a baseline.

    Attributes:
        title: as printed.
        scores: protocol -> metric -> figure.
        seeds: how many.
        images: protocol -> pictures that the means are of.
        row: of the study; None for baselines.
        close: whether another line of the same kind is closer than :data:`CLOSE`, and either has one seed only.
    """

    title: str
    scores: dict[str, dict[str, Figure]]
    seeds: int
    images: dict[str, int]
    row: StudyRow | None = None
    unaligned: bool = False
    close: bool = False

    @property
    def leak(self) -> float | None:
        """PSNR (Y) of oracle minus honest: what the network takes from a reference that is the truth."""
        if self.row is None or not {"oracle", "honest"} <= self.scores.keys():
            return None
        return self.scores["oracle"]["psnr_y"].mean - self.scores["honest"]["psnr_y"].mean


def read_scores(path: Path) -> tuple[list[Row], list[str]]:
    """The rows that a run's scoring wrote, and what it left out.

    Raises:
        ConfigError: the file is damaged.
    """
    remedy = "Delete it, and the same command scores that row again."
    content = read_json(path, {"rows": list, "skipped": list}, remedy, error=ConfigError)
    try:
        return [Row(**row) for row in content["rows"]], content["skipped"]
    except TypeError as error:
        raise ConfigError(f"is damaged ({error}).", path=path, remedy=remedy) from error


def lines(rows: Sequence[Row], runs: dict[str, StudyRow]) -> list[Line]:
    """The lines of a table.

    Args:
        rows: scores of pictures, of all runs and baselines.
        runs: name of a run, which is its method in ``rows``, -> row of the study; several seeds have one row.

    Returns:
        Baselines first, then the study's rows in the order of ``runs``, each followed by its variant without offsets.
    """
    averages = means(rows)
    methods = list(dict.fromkeys(average.method for average in averages))
    parts = {method: (runs.get(method.removesuffix(UNALIGNED)), method.endswith(UNALIGNED)) for method in methods}
    found = [_line(method, [a for a in averages if a.method == method]) for method in methods if not parts[method][0]]
    for row in dict.fromkeys(runs.values()):
        for unaligned in (False, True):
            chosen = [average for average in averages if parts[average.method] == (row, unaligned)]
            if chosen:
                line = _line(row.title + (UNALIGNED if unaligned else ""), chosen)
                found.append(replace(line, row=row, unaligned=unaligned))
    return [replace(line, close=_is_close(line, found)) for line in found]


def _line(title: str, averages: Iterable[Mean]) -> Line:
    by_protocol: dict[str, list[Mean]] = {}
    for average in averages:
        by_protocol.setdefault(average.protocol, []).append(average)
    scores = {
        protocol: {metric: _figure([mean.scores[metric] for mean in found]) for metric in found[0].scores}
        for protocol, found in by_protocol.items()
    }
    images = {protocol: found[0].images for protocol, found in by_protocol.items()}
    return Line(title, scores, max(map(len, by_protocol.values())), images)


def _figure(values: Sequence[float]) -> Figure:
    return Figure(fmean(values), (max(values) - min(values)) / 2)


def _is_close(line: Line, others: Sequence[Line]) -> bool:
    if line.row is None or line.row.group == PRETRAINED or "honest" not in line.scores:
        return False
    return any(
        other is not line
        and other.row is not None
        and (other.row.group, other.row.target, other.unaligned) == (line.row.group, line.row.target, line.unaligned)
        and min(other.seeds, line.seeds) == 1
        and "honest" in other.scores
        and abs(other.scores["honest"]["psnr_y"].mean - line.scores["honest"]["psnr_y"].mean) < CLOSE
        for other in others
    )
