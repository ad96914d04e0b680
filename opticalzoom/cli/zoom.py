"""The verb ``zoom``: zoom photographs with bundled weights or one's own."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from opticalzoom.cli.console import complain, results_console, say
from opticalzoom.cli.zoom_options import zoom_parser
from opticalzoom.errors import ConfigError, OpticalZoomError, OutputExistsError

if TYPE_CHECKING:
    from opticalzoom.zooming.find import Search
    from opticalzoom.zooming.jobs import Job


def run_zoom(arguments: list[str]) -> int:
    """``opticalzoom zoom``: a result for every photo; one that fails is reported, and the others are done.

    Returns:
        0, or 2 if a photo failed.

    Raises:
        OpticalZoomError: the options contradict each other, the weights cannot be used, two photos would get one name,
            or nothing can be written there.
        KeyboardInterrupt: after Ctrl-C; finished results are kept.
    """
    args = zoom_parser().parse_args(arguments)
    with results_console().status("Looking for photos"):
        search, jobs = _plan(args)
    there = [] if args.overwrite else [job for job in jobs if job.target.exists()]
    todo = [job for job in jobs if job not in there]
    known = [*search.problems, *([] if args.resume else map(_exists, there))]
    tally = _Tally(len(jobs) + len(search.problems), len(there) if args.resume else 0, args.output)
    for note in search.notes:
        say(note)
    _report(known)  # before hours of computing, not only after
    if todo:
        _zoom(todo, args, tally)
        _report([*known, *tally.failures])
    say(str(tally))
    return 2 if known or tally.failures else 0


@dataclass
class _Tally:
    """What became of ``total`` photos, ``before`` of which an earlier run had zoomed."""

    total: int
    before: int
    folder: str
    done: int = 0
    failures: list[OpticalZoomError] = field(default_factory=list)

    def __str__(self) -> str:
        earlier = f" ({self.before} of them before)" if self.before else ""
        return f"{self.done + self.before} of {self.total} zoomed{earlier}, in {self.folder}"


def _plan(args: argparse.Namespace) -> tuple[Search, list[Job]]:
    """What was found, and a job for each photo that can be zoomed."""
    from opticalzoom.engines.backends import Computing
    from opticalzoom.zooming.crop import Middle
    from opticalzoom.zooming.find import find, leave_out_results, leave_out_siblings
    from opticalzoom.zooming.jobs import Recipe
    from opticalzoom.zooming.names import NamePattern
    from opticalzoom.zooming.plan import plan

    pattern, folder = NamePattern(args.name), Path(args.output)
    if args.digital_zoom and (args.crop or args.scale):
        raise ConfigError("--digital-zoom is a crop and a scale.", remedy="Leave out --crop and --scale, or use them.")
    if pattern.names_format and args.format != "keep":
        raise ConfigError("--name has a suffix, --format asks for one.", remedy="Write {suffix} in --name.")
    crop = Middle(1 / args.digital_zoom) if args.digital_zoom else args.crop
    recipe = Recipe(
        weights=args.weights,
        scale=args.digital_zoom or args.scale,
        self_ensemble=args.self_ensemble,
        bits=args.bits,
        quality=args.quality,
        overwrite=args.overwrite,
        computing=Computing(args.backend, args.precision),
        memory=args.memory,
    )
    search = find(args.photos, folder, args.recursive)
    leave_out_results(search, pattern)
    leave_out_siblings(search, args.raw_jpeg)
    jobs, problems = plan(search.photos, recipe, crop, folder, pattern, args.format)
    search.problems += problems
    return search, jobs


def _zoom(jobs: list[Job], args: argparse.Namespace, tally: _Tally) -> None:
    """Zoom all photos, say what is done, and keep the tally."""
    from opticalzoom.zooming.jobs import check_engines, default_workers, run_jobs

    console = results_console()
    with console.status("Finding the fastest way to compute"):
        if not args.scheduler:
            check_engines(jobs)
    _check_writable(Path(args.output))
    workers = args.workers or default_workers(jobs)
    try:
        for outcome in run_jobs(jobs, workers, args.scheduler, console):
            if outcome.error:
                tally.failures.append(outcome.error)
            else:
                tally.done += 1
                say(f"{outcome.job.photo} → {outcome.job.target}")
    except KeyboardInterrupt:
        how = "starts again" if args.overwrite else "with --resume goes on"
        say(f"Stopped: {tally}. The same command {how}.")
        raise


def _exists(job: Job) -> OutputExistsError:
    remedy = "Choose another folder, --resume to leave it, or --overwrite."
    return OutputExistsError("is already there.", path=job.target, remedy=remedy)


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OpticalZoomError(
            f"cannot be written to: {error.strerror}.", path=folder, remedy="Choose a folder that you may write to."
        ) from error


def _report(problems: Iterable[OpticalZoomError]) -> None:
    for problem in problems:
        complain(f"left out: {problem}")
