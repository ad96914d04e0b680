"""A card of photos becomes a folder of registered pairs, a manifest and a report; an interrupted run goes on."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from opticalzoom.errors import OutputExistsError, PairError
from opticalzoom.files import home_path, real_path, remove_leftovers
from opticalzoom.pairs.manifest import PAIRS, Record, append_record, read_manifest, write_manifest
from opticalzoom.pairs.preparing import shot_pair
from opticalzoom.pairs.preparing.pair_report import REPORT, write_report
from opticalzoom.pairs.preparing.shot_pair import PairJob, is_prepared, job_key, rejection
from opticalzoom.pairs.scenes.ratios import Survey, nearest_scale
from opticalzoom.pairs.scenes.survey import survey
from opticalzoom.parallel import schedule
from opticalzoom.photo.siblings import Problem

_MOST_TOLERANCE = 0.6  # that is suggested: Y holds a fraction of what the scale asks for
_LOST = "its process died twice; perhaps for lack of memory"
Watch = Callable[[Iterator[Record], int], Iterable[Record]]


@dataclass(frozen=True)
class PreparedCard:
    """What became of a card.

    Attributes:
        folder: that was written, a source of pairs for :func:`~opticalzoom.pairs.sources.open_source`.
        records: of the manifest, a pair each, by name.
        problems: files that are not used, and why.
        known: how many pairs had been done by an earlier run.
    """

    folder: Path
    records: list[Record]
    problems: list[Problem] = field(default_factory=list)
    known: int = 0

    @property
    def accepted(self) -> list[Record]:
        """Pairs that can be trained on."""
        return [record for record in self.records if record["accepted"]]

    @property
    def report(self) -> Path:
        """The page to look at."""
        return self.folder / REPORT


def prepare_card(  # noqa: PLR0913 - an option of the command line each
    photos: str | Path,
    output: str | Path,
    scale: int,
    *,
    tolerance: float = 0.25,
    workers: int | None = None,
    scheduler: str | None = None,
    found: Survey | None = None,
    watch: Watch | None = None,
    announce: Callable[[int, int], object] = lambda _pairs, _known: None,
) -> PreparedCard:
    """Register the pairs of a card that suit a scale and write them; pairs that an earlier run finished are kept.

    Args:
        photos: folder of the photos, with all folders in it.
        output: folder of the pairs, outside of it; one that this function wrote before is gone on with.
        scale: of the target over X.
        tolerance: how far the measured ratio may be from the scale, see
            :func:`~opticalzoom.pairs.scenes.ratios.suits`.
        workers: processes, by default one for each core.
        scheduler: address of a Dask scheduler to work on instead.
        found: the survey of the photos, if there was one.
        watch: gets the records as they come and their number, and passes them on: for a progress bar.
        announce: is told how many pairs there are, and how many of them were done before.

    Raises:
        PairError: nothing suits the scale, or the output cannot be written.
        OutputExistsError: the output holds something else.
        KeyboardInterrupt: after Ctrl-C; finished pairs are kept, and the same call goes on.
    """
    photos, output = real_path(home_path(photos)), real_path(home_path(output))
    found = found or survey_card(photos, output)
    jobs = plan_pairs(found, photos, output, scale, tolerance)
    known = _open_output(output, scale)
    todo = [job for job in jobs if not is_prepared(job, known.get(job.pair.name))]
    announce(len(jobs), len(jobs) - len(todo))
    records = {job.pair.name: known[job.pair.name] for job in jobs if job not in todo}
    work = (
        schedule.run_on_cluster(shot_pair.prepare_shots, todo, scheduler, _lost)
        if scheduler
        else schedule.run_here(shot_pair.prepare_shots, todo, workers or os.cpu_count() or 1, _lost)
    )
    for record in watch(work, len(todo)) if watch else work:
        append_record(output, record)
        records[record["name"]] = record
    ordered = sorted(records.values(), key=lambda record: str(record["name"]))
    write_manifest(output, ordered)
    problems = sorted({*found.problems, *_unused(ordered)}, key=lambda problem: (problem.path, problem.reason))
    write_report(output, photos, ordered, problems)
    return PreparedCard(output, ordered, problems, len(jobs) - len(todo))


def _unused(records: Iterable[Record]) -> list[Problem]:
    """RAW files that could not be used, which showed when they were read."""
    found = [(record.get("unused"), record.get("unused_reason")) for record in records]
    return [Problem(Path(str(path)), str(reason)) for path, reason in found if path]


def survey_card(photos: Path, output: Path) -> Survey:
    """The survey of a folder that is to be prepared into ``output``.

    Raises:
        PairError: the folder is missing, or the output lies in it.
    """
    if not photos.is_dir():
        raise PairError("no such folder.", path=photos, remedy="Name the folder that holds the photos.")
    if output == photos or photos in output.parents:
        raise PairError("lies in the folder of the photos.", path=output, remedy="Choose an -o beside it.")
    return survey(photos)


def plan_pairs(found: Survey, photos: Path, output: Path, scale: int, tolerance: float) -> list[PairJob]:
    """The pairs to prepare.

    Raises:
        PairError: there is none for this scale; it says which ratios there are, and the command for them.
    """
    suited = found.suited(scale, tolerance)
    if suited:
        return [
            PairJob(pair, scene, output, scale, job_key(pair, scale, tolerance), tolerance) for scene, pair in suited
        ]
    left_out = f"; {len(found.problems)} files not used" if found.problems else ""
    if found.problems:
        left_out += f", the first: {found.problems[0].path.name}: {found.problems[0].reason}"
    raise PairError(
        f"holds no pair of shots for ×{scale}: {found}{left_out}.",
        path=photos,
        remedy=_other_command(found, photos, output, tolerance)
        or f"Photograph each scene at two focal lengths, one about {scale} times the other.",
    )


def _other_command(found: Survey, photos: Path, output: Path, tolerance: float) -> str:
    """How to prepare the pairs that there are; empty if no scale is near them."""
    command = f"Try: opticalzoom prepare {photos} -o {output}"
    for count in found.ratios():
        nearest = nearest_scale(count.ratio)
        if found.suited(nearest, tolerance):
            return f"{command} --scale {nearest}"
        needed = math.ceil(20 * _tolerance(count.ratio, nearest) + 0.5) / 20
        if needed <= _MOST_TOLERANCE:
            return f"{command} --scale {nearest} --tolerance {needed:g}"
    return ""


def _tolerance(ratio: float, scale: int) -> float:
    """With which a ratio suits a scale, see :func:`~opticalzoom.pairs.scenes.ratios.suits`."""
    return max(ratio / scale - 1, 2 - 2 * ratio / scale)


def training_command(folder: Path, scale: int) -> str:
    """The command that learns from a prepared folder, with a config of the repository."""
    own = scale in {2, 3, 4}
    config = f"configs/prepared-sdan-plus-x{scale if own else 4}.yaml"
    more = "" if own else f" --data.scale {scale}"
    return f"opticalzoom train --config {config} --data.root {folder}{more}"


def _open_output(output: Path, scale: int) -> dict[str, Record]:
    """Records of an earlier run.

    Raises:
        PairError: the folder cannot be written.
        OutputExistsError: it holds something else.
    """
    known = read_manifest(output)
    if any(record["scale"] != scale for record in known.values()):
        raise OutputExistsError("holds pairs of another scale.", path=output, remedy="Choose another -o.")
    if not known and output.is_dir() and any(output.iterdir()) and not (output / PAIRS).is_dir():
        raise OutputExistsError("holds other files.", path=output, remedy="Choose another -o.")
    try:
        (output / PAIRS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PairError(
            f"cannot be written to ({error.strerror}).", path=output, remedy="Choose another -o."
        ) from error
    remove_leftovers(output / PAIRS)
    write_manifest(output, known.values())  # without a line that was cut short
    return known


def _lost(job: PairJob) -> Record:
    return rejection(job, _LOST)
