"""The verb ``zoom``: zoom photographs with bundled weights or one's own."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from opticalzoom.errors import ConfigError, OpticalZoomError, OutputExistsError
from opticalzoom.models.contract import SCALES
from opticalzoom.photo.image import SUFFIXES, find_photos, write_photo
from opticalzoom.photo.raw import RAW_SUFFIXES, is_raw
from opticalzoom.zoomer import Zoomer, load_zoomer

FORMATS = ("keep", "png", "jpg", "tif", "webp")


def run(arguments: list[str]) -> int:
    """``opticalzoom zoom``: writes STEM-x3.SUFFIX for every photo.

    A photo that fails is reported and the others are done.

    Returns:
        0, or 2 if a photo failed.

    Raises:
        OpticalZoomError: the weights cannot be used, two photos would get one name, or nothing can be written there.
    """
    args = _parser().parse_args(arguments)
    found, missing = _find(args.photos)
    kinds = {is_raw(photo) for photo in found}
    zoomers = {raw: load_zoomer(args.weights, args.scale, raw=raw) for raw in kinds}
    if args.self_ensemble:
        zoomers = {raw: zoomer.ensemble() for raw, zoomer in zoomers.items()}
    scales = {photo: zoomers[is_raw(photo)].contract.scale for photo in found}
    wanted = name_outputs(scales, Path(args.output), args.format)
    taken = {} if args.overwrite else {photo: path for photo, path in wanted.items() if path.exists()}
    known = [*missing, *(_exists(path) for path in taken.values())]
    jobs = {photo: path for photo, path in wanted.items() if photo not in taken}
    _report(known)  # before hours of computing, not after
    if jobs:
        _check_writable(Path(args.output))
    failures = _zoom_all(jobs, zoomers, args.quality, args.overwrite)
    _report(failures)
    done = len(jobs) - len(failures)
    Console().print(f"{done} of {len(wanted) + len(missing)} zoomed, in {args.output}", markup=False, soft_wrap=True)
    return 2 if known or failures else 0


def name_outputs(scales: Mapping[Path, int], folder: Path, suffix: str = "keep") -> dict[Path, Path]:
    """Photo -> output: the stem, ``-x`` and the scale, and the photo's suffix (of a RAW file: .tif) or another one.

    Raises:
        ConfigError: two photos would get the same name.
    """
    outputs = {
        photo: folder / f"{photo.stem}-x{scale}{_kept(photo) if suffix == 'keep' else '.' + suffix}"
        for photo, scale in scales.items()
    }
    twice = [path for path, count in Counter(outputs.values()).items() if count > 1]
    if twice:
        rivals = ", ".join(str(photo) for photo, path in outputs.items() if path == twice[0])
        raise ConfigError(
            f"would be the output of {rivals}.", path=twice[0], remedy="Zoom them in two runs, into different folders."
        )
    return outputs


def _kept(photo: Path) -> str:
    """The suffix of the format that holds what the photo has."""
    return ".tif" if is_raw(photo) else photo.suffix


def _find(paths: list[str]) -> tuple[list[Path], list[OpticalZoomError]]:
    """The photos of all paths, each once, and what is wrong with the paths that have none."""
    found: list[Path] = []
    problems: list[OpticalZoomError] = []
    for path in paths:
        try:
            found += find_photos([path], (*SUFFIXES, *RAW_SUFFIXES))
        except OpticalZoomError as error:
            problems.append(error)
    return list({photo.resolve(): photo for photo in found}.values()), problems


def _exists(path: Path) -> OutputExistsError:
    return OutputExistsError("is already there.", path=path, remedy="Choose another folder, or --overwrite.")


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OpticalZoomError(
            f"cannot be written to: {error.strerror}.", path=folder, remedy="Choose a folder that you may write to."
        ) from error


def _zoom_all(
    jobs: dict[Path, Path], zoomers: Mapping[bool, Zoomer], quality: int, overwrite: bool
) -> list[OpticalZoomError]:
    """Zoom all photos, RAW files by the zoomer of True; returns what went wrong."""
    failures: list[OpticalZoomError] = []
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("Zooming", total=len(jobs))
        for done, (photo, output) in enumerate(jobs.items()):
            bar.update(task, completed=done, description=f"{done + 1} of {len(jobs)}: {photo.name}")
            try:
                zoomed = zoomers[is_raw(photo)].zoom_file(photo, partial(_advance, bar, task, done))
                write_photo(output, zoomed, overwrite=overwrite, quality=quality)
            except OpticalZoomError as error:
                failures.append(error if error.path else _naming(photo, error))
            else:
                bar.console.print(f"{photo} → {output}", markup=False, highlight=False, soft_wrap=True)
    return failures


def _advance(bar: Progress, task: TaskID, before: int, done: int, total: int) -> None:
    bar.update(task, completed=before + done / total)


def _naming(photo: Path, error: OpticalZoomError) -> OpticalZoomError:
    return type(error)(error.cause, path=photo, remedy=error.remedy)


def _report(problems: list[OpticalZoomError]) -> None:
    console = Console(stderr=True)
    for problem in problems:
        console.print(f"left out: {problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def _quality(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no quality from 1 to 100")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="opticalzoom zoom", description="Zoom photographs.")
    parser.add_argument("photos", nargs="+", metavar="PHOTO", help="photos and RAW files, or folders of them")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where the zoomed photos go")
    parser.add_argument("--weights", metavar="FILE", help="a weights file, or bundled weights by name")
    parser.add_argument(
        "--scale", type=int, choices=SCALES, help="must be that of the weights; default: theirs, or 3 (RAW: 4)"
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="keep", help="format to write (default: the photo's own; of RAW files tif)"
    )
    parser.add_argument("--quality", type=_quality, default=95, help="of JPEG and WebP, 1 to 100 (default: 95)")
    parser.add_argument(
        "--self-ensemble",
        action="store_true",
        help="mean of eight flips and turns: a little better, 8 times slower",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace zoomed photos that are there already")
    return parser
