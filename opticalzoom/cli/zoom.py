"""The verb ``zoom``: zoom photographs with bundled weights or one's own.

What zooms is imported when it is used, so that ``--help`` comes at once.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from opticalzoom.cli.console import complain, results_console, say
from opticalzoom.cli.value_types import MOST_WORKERS, VerbParser, crop_part, memory_size, positive_number, whole_number
from opticalzoom.errors import ConfigError, OpticalZoomError, OutputExistsError, counted
from opticalzoom.files import check_writable
from opticalzoom.weights.computing import MEMORY, PRECISIONS
from opticalzoom.zooming.options import DEFAULT_NAME, FIELDS, FORMATS, Bits, Siblings

if TYPE_CHECKING:
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
        jobs, problems, notes = _plan(args)
    there = [] if args.overwrite else [job for job in jobs if os.path.exists(job.target)]  # noqa: PTH110
    todo = [job if args.overwrite or args.resume else job.without_taken_spare() for job in jobs if job not in there]
    known = [*problems, *([] if args.resume else map(_exists, there))]
    before = len(there) if args.resume else 0
    for note in notes:
        say(note)
    _report(known)  # before hours of computing, not only after
    failures: list[OpticalZoomError] = []
    if todo:
        failures = _zoom(todo, args, before, len(jobs) + len(problems))
        _report([*known, *failures])
    say(_tally(len(todo) - len(failures), before, len(jobs) + len(problems), args.output))
    return 2 if known or failures else 0


def _plan(args: argparse.Namespace) -> tuple[list[Job], list[OpticalZoomError], list[str]]:
    """What the options mean, see :func:`opticalzoom.zooming.plan.plan`."""
    from opticalzoom.zooming.crop import Middle
    from opticalzoom.zooming.jobs import Recipe
    from opticalzoom.zooming.plan import plan

    if args.digital_zoom and (args.crop or args.scale):
        raise ConfigError("--digital-zoom is a crop and a scale.", remedy="Leave out --crop and --scale, or use them.")
    recipe = Recipe(
        weights=args.weights,
        scale=args.digital_zoom or args.scale,
        self_ensemble=args.self_ensemble,
        bits=args.bits,
        quality=args.quality,
        overwrite=args.overwrite,
        backend=args.backend,
        precision=args.precision,
        memory=args.memory,
        salvage=args.salvage,
    )
    return plan(
        args.photos,
        recipe,
        Path(args.output),
        crop=Middle(1 / args.digital_zoom) if args.digital_zoom else args.crop,
        name=args.name,
        kind=args.format,
        recursive=args.recursive,
        raw_jpeg=args.raw_jpeg,
    )


def _zoom(jobs: list[Job], args: argparse.Namespace, before: int, total: int) -> list[OpticalZoomError]:
    """Zoom all photos, say what is done, and return why those that failed did.

    Args:
        jobs: what is to be done.
        args: the options.
        before: how many photos an earlier run had zoomed.
        total: how many photos there are.
    """
    from opticalzoom.zooming.jobs import check_engines, default_workers, run_jobs

    console = results_console()
    with console.status("Finding the fastest way to compute"):
        if not args.scheduler:
            check_engines(jobs)
    check_writable(Path(args.output))
    done, failures = 0, []
    noted: dict[str, list[Path]] = {}
    try:
        for job, error, notes in run_jobs(jobs, args.workers or default_workers(jobs), args.scheduler, console):
            if error:
                failures.append(error)
            else:
                done += 1
                say(f"{job.photo} → {job.target}")
            for note in notes:
                noted.setdefault(note, []).append(job.photo)
    except KeyboardInterrupt:
        how = "starts again" if args.overwrite else "with --resume goes on"
        say(f"Stopped: {_tally(done, before, total, args.output)}. The same command {how}.")
        raise
    finally:
        for note, photos in noted.items():
            say(f"{counted(len(photos), 'photo')}: {note}, as {photos[0]}")
    return failures


def _tally(done: int, before: int, total: int, folder: str) -> str:
    earlier = f" ({before} of them before)" if before else ""
    return f"{done + before} of {total} zoomed{earlier}, in {folder}"


def _exists(job: Job) -> OutputExistsError:
    remedy = "Choose another folder, --resume to leave it, or --overwrite."
    return OutputExistsError("is already there.", path=job.target, remedy=remedy)


def _report(problems: Iterable[OpticalZoomError]) -> None:
    for problem in problems:
        complain(f"left out: {problem}")


def zoom_parser() -> argparse.ArgumentParser:
    """The command line of ``opticalzoom zoom``."""
    parser = VerbParser(
        prog="opticalzoom zoom",
        description="Zoom photographs and RAW files. What cannot be zoomed is listed at the end.",
    )
    _add_photos(parser.add_argument_group("which photos"))
    _add_zoom(parser.add_argument_group("how they are zoomed"))
    _add_result(parser.add_argument_group("what is written"))
    _add_machine(parser.add_argument_group("where it runs"))
    return parser


def _add_photos(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "photos", nargs="+", metavar="PHOTO", help="photos and RAW files, folders of them, or patterns ('**/*.jpg')"
    )
    group.add_argument("-r", "--recursive", action="store_true", help="also photos in folders in the folders")
    group.add_argument(
        "--raw-jpeg",
        choices=get_args(Siblings),
        default="raw",
        help="what to zoom of shots that are there as RAW file and JPEG (default: raw)",
    )


def _add_zoom(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--weights",
        metavar="FILE",
        help="a weights file, an exported .onnx or .param file, or bundled weights or a learned lens by name (default: "
        "what was learned for the photo's camera and lens, else bundled weights)",
    )
    group.add_argument(
        "--scale",
        type=positive_number(1000),
        metavar="S",
        help="any number (default: that of what was learned for the lens, else 3, of RAW files 4)",
    )
    group.add_argument(
        "--crop", type=crop_part, metavar="PART", help="zoom a part: WxH+X+Y or WxH in pixels, or P%% for the middle"
    )
    group.add_argument(
        "--digital-zoom",
        type=positive_number(1000),
        metavar="Z",
        help="the middle of the photo, Z times larger, at its old size",
    )
    group.add_argument(
        "--self-ensemble",
        "--tta",
        action="store_true",
        help="mean of eight flips and turns: a little better, 8 times slower",
    )
    group.add_argument(
        "--salvage",
        action="store_true",
        help="zoom what is left of damaged photos; what is lost is grey or black (default: they are left out)",
    )


def _add_result(group: argparse._ArgumentGroup) -> None:
    group.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where the zoomed photos go")
    group.add_argument(
        "--name", default=DEFAULT_NAME, metavar="PATTERN", help=f"of {_fields()} (default: {DEFAULT_NAME})"
    )
    group.add_argument(
        "--format",
        choices=FORMATS,
        default="keep",
        help="format to write (default: the photo's own; of RAW files tif, of HEIC and AVIF jpg)",
    )
    group.add_argument(
        "--quality", type=whole_number(1, 100), default=95, help="of JPEG and WebP, 1 to 100 (default: 95)"
    )
    group.add_argument("--bits", type=int, choices=get_args(Bits), help="of a channel (default: as the photo has)")
    there = group.add_mutually_exclusive_group()
    there.add_argument("--resume", action="store_true", help="leave zoomed photos that are there, do the others")
    there.add_argument("--overwrite", action="store_true", help="replace zoomed photos that are there")


def _add_machine(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--backend",
        choices=("auto", *PRECISIONS),
        default="auto",
        help="what computes: onnxruntime, openvino and ncnn are extras (default: the fastest that is installed)",
    )
    group.add_argument(
        "--precision",
        choices=("auto", *PRECISIONS["torch"]),
        default="auto",
        help="default: the fastest here whose result stays within 1/255 of float32's",
    )
    group.add_argument(
        "--memory",
        type=memory_size,
        default=MEMORY,
        metavar="SIZE",
        help=f"for one photo, beside Python and libraries, as 1GB (default: {MEMORY // 10**6}MB)",
    )
    where = group.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=whole_number(1, MOST_WORKERS), metavar="N", help="processes (default: as many as help)"
    )
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler, to work on a cluster")


def _fields() -> str:
    return ", ".join(f"{{{name}}}" for name in FIELDS)
