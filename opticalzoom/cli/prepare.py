"""The verb ``prepare``: a folder of shots at different focal lengths becomes registered pairs and a report."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from opticalzoom.cli.console import complain, results_console, say, watch
from opticalzoom.cli.value_types import number_from_zero, whole_number
from opticalzoom.errors import OutputExistsError, PairError
from opticalzoom.pairs.manifest import NAME, PAIRS, Record, read_manifest, write_manifest
from opticalzoom.weights.contract import SCALES

if TYPE_CHECKING:
    from opticalzoom.pairs.scenes.sequence import Problem
    from opticalzoom.pairs.shot_pair import PairJob

_LOST = "its process died twice; perhaps for lack of memory"


def run_prepare(arguments: list[str]) -> int:
    """``opticalzoom prepare``: writes the manifest, the pairs and the report; goes on where an earlier run stopped.

    Raises:
        OpticalZoomError: nothing was found or could be used, or the output cannot be written.
        KeyboardInterrupt: after Ctrl-C; finished pairs are kept.
    """
    args = _parser().parse_args(arguments)
    from opticalzoom.pairs.manifest import append_record
    from opticalzoom.pairs.shot_pair import is_prepared, prepare_shots
    from opticalzoom.parallel.schedule import run_here, run_on_cluster

    photos, output = Path(args.photos).expanduser().resolve(), Path(args.output).expanduser().resolve()
    with results_console().status("Looking for scenes"):
        jobs, problems = plan_pairs(photos, output, args.scale, args.tolerance)
    known = _open_output(output, args.scale)
    todo = [job for job in jobs if not is_prepared(job, known.get(job.pair.name))]
    say(f"{len(jobs)} pairs of shots for ×{args.scale}, {len(jobs) - len(todo)} of them done before")
    records = {job.pair.name: known[job.pair.name] for job in jobs if job not in todo}
    work = (
        run_on_cluster(prepare_shots, todo, args.scheduler, _lost)
        if args.scheduler
        else run_here(prepare_shots, todo, args.workers, _lost)
    )
    accepted = 0

    def describe(done: int, record: Record) -> str:
        nonlocal accepted
        accepted += record["accepted"]
        return f"Registering: {accepted} accepted, {done - accepted} rejected"

    try:
        for record in watch(work, len(todo), describe, "Registering"):
            append_record(output, record)
            records[record["name"]] = record
    except KeyboardInterrupt:
        say(f"Stopped. Finished pairs are kept in {output}; the same command goes on.")
        raise
    return _finish(output, photos, list(records.values()), problems)


def plan_pairs(photos: Path, output: Path, scale: int, tolerance: float) -> tuple[list[PairJob], list[Problem]]:
    """The pairs to prepare, and the files that are not used.

    Raises:
        PairError: the folder is missing, or holds no pair of shots for this scale.
    """
    from opticalzoom.pairs.scenes.sequence import find_scenes, pair_shots
    from opticalzoom.pairs.shot_pair import PairJob, job_key

    if not photos.is_dir():
        raise PairError("no such folder.", path=photos, remedy="Name the folder that holds the photos.")
    if output == photos or photos in output.parents:
        raise PairError("lies in the folder of the photos.", path=output, remedy="Choose an -o beside it.")
    scenes, problems = find_scenes(photos)
    found = [(scene, pair) for scene in scenes for pair in pair_shots(scene, scale, tolerance)]
    if not found:
        seen = f"{len(scenes)} scenes and {len(problems)} files that cannot be used"
        first = f", the first: {problems[0].path.name}: {problems[0].reason}" if problems else ""
        raise PairError(
            f"holds no pair of shots with a focal ratio of about {scale} ({seen}{first}).",
            path=photos,
            remedy="Try another --scale or a larger --tolerance.",
        )
    return [PairJob(pair, scene.name, output, scale, job_key(pair, scale)) for scene, pair in found], problems


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
        for part in (output / PAIRS).glob(".*.part"):  # of a run that was killed
            _remove(part)
    except OSError as error:
        raise PairError(
            f"cannot be written to ({error.strerror}).", path=output, remedy="Choose another -o."
        ) from error
    write_manifest(output, known.values())  # without a line that was cut short
    return known


def _remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def _lost(job: PairJob) -> Record:
    from opticalzoom.pairs.shot_pair import rejection

    return rejection(job, _LOST)


def _finish(output: Path, photos: Path, records: list[Record], problems: list[Problem]) -> int:
    """Write manifest and report, and say what there is."""
    from opticalzoom.pairs.pair_report import REPORT, write_report

    write_manifest(output, records)
    write_report(output, photos, records, problems)
    accepted = sum(record["accepted"] for record in records)
    for record in records:
        if not record["accepted"]:
            complain(f"rejected: {record['name']}: {record['reason']}")
    for problem in problems:
        complain(f"not used: {problem.path}: {problem.reason}")
    say(f"{accepted} of {len(records)} pairs accepted. Look at them: {output / REPORT}")
    if not accepted:
        raise PairError("no pair could be used.", path=photos, remedy=f"The reasons are above and in {REPORT}.")
    say(f"Train: opticalzoom train --config CONFIG --data.root {output}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="opticalzoom prepare",
        description="Find the scenes of a folder of photos and RAW files, register shots of different focal lengths, "
        f"and write training pairs, {NAME} and a report. Run it again to go on after an interruption.",
    )
    parser.add_argument("photos", metavar="PHOTOS", help="folder of photos, with all folders in it")
    parser.add_argument("-o", "--output", required=True, metavar="PREPARED", help="where the pairs go")
    parser.add_argument("--scale", type=int, choices=SCALES, default=4, help="of the pairs (default: 4)")
    parser.add_argument(
        "--tolerance",
        type=number_from_zero,
        default=0.25,
        help="how far the focal ratio may be from the scale (default: 0.25)",
    )
    parser.add_argument(
        "--workers", type=whole_number(1), default=os.cpu_count() or 1, help="processes (default: one for each core)"
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler, to work on a cluster")
    return parser
