"""The verb ``zoom``: zoom photographs with bundled weights or one's own."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch import nn

from opticalzoom.checkpoint import bundled, load_model, read_card
from opticalzoom.errors import ConfigError, OpticalZoomError, OutputExistsError
from opticalzoom.models.contract import SCALES, Contract
from opticalzoom.photo.image import find_photos, read_photo, write_photo
from opticalzoom.zoom import Progress as TileProgress
from opticalzoom.zoom import overlap, zoom_photo

DEFAULT_SCALE = 3
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
    model = choose_model(args.weights, args.scale)
    found, missing = _find(args.photos)
    wanted = name_outputs(found, Path(args.output), cast(Contract, model.contract).scale, args.format)
    taken = {} if args.overwrite else {photo: path for photo, path in wanted.items() if path.exists()}
    known = [*missing, *(_exists(path) for path in taken.values())]
    jobs = {photo: path for photo, path in wanted.items() if photo not in taken}
    _report(known)  # before hours of computing, not after
    if jobs:
        _check_writable(Path(args.output))
    failures = _zoom_all(jobs, model, args.quality, args.overwrite)
    _report(failures)
    done = len(jobs) - len(failures)
    Console().print(f"{done} of {len(wanted) + len(missing)} zoomed, in {args.output}", markup=False, soft_wrap=True)
    return 2 if known or failures else 0


def choose_model(weights: str | None, scale: int | None) -> nn.Module:
    """The model of a file or of bundled weights; without a name, the bundled weights of the scale (default ×3).

    Raises:
        ConfigError: no bundled weights have this scale, or the named weights have another one.
        CheckpointError: the file is missing, damaged or no weights file.
        ModelError: the weights are for RAW input.
    """
    scales = {name: read_card(path).arguments.get("scale") for name, path in bundled().items()}
    remedy = f"Bundled: {', '.join(f'{name} (×{s})' for name, s in scales.items()) or 'none'}. --weights takes a file."
    if weights is None:
        wanted = scale or DEFAULT_SCALE
        weights = next((name for name, its in scales.items() if its == wanted), None)
        if weights is None:
            raise ConfigError(f"no weights for ×{wanted} are bundled.", remedy=remedy)
    model = load_model(weights)
    contract = cast(Contract, model.contract)
    if scale not in (None, contract.scale):
        raise ConfigError(f"has weights for ×{contract.scale}, --scale asks for ×{scale}.", path=weights, remedy=remedy)
    overlap(contract)  # raises for RAW weights before any photo is read
    return model


def name_outputs(photos: Iterable[Path], folder: Path, scale: int, suffix: str = "keep") -> dict[Path, Path]:
    """Photo -> output: the stem, ``-x`` and the scale, and the photo's suffix or another one.

    Raises:
        ConfigError: two photos would get the same name.
    """
    outputs = {
        photo: folder / f"{photo.stem}-x{scale}{photo.suffix if suffix == 'keep' else '.' + suffix}" for photo in photos
    }
    twice = [path for path, count in Counter(outputs.values()).items() if count > 1]
    if twice:
        rivals = ", ".join(str(photo) for photo, path in outputs.items() if path == twice[0])
        raise ConfigError(
            f"would be the output of {rivals}.", path=twice[0], remedy="Zoom them in two runs, into different folders."
        )
    return outputs


def _find(paths: list[str]) -> tuple[list[Path], list[OpticalZoomError]]:
    """The photos of all paths, each once, and what is wrong with the paths that have none."""
    found: list[Path] = []
    problems: list[OpticalZoomError] = []
    for path in paths:
        try:
            found += find_photos([path])
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


def _zoom_all(jobs: dict[Path, Path], model: nn.Module, quality: int, overwrite: bool) -> list[OpticalZoomError]:
    """Zoom all photos; returns what went wrong."""
    failures: list[OpticalZoomError] = []
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("Zooming", total=len(jobs))
        for done, (photo, output) in enumerate(jobs.items()):
            bar.update(task, completed=done, description=f"{done + 1} of {len(jobs)}: {photo.name}")
            try:
                _zoom_file(photo, output, model, quality, overwrite, partial(_advance, bar, task, done))
            except OpticalZoomError as error:
                failures.append(error if error.path else _naming(photo, error))
            else:
                bar.console.print(f"{photo} → {output}", markup=False, highlight=False, soft_wrap=True)
    return failures


def _zoom_file(
    photo: Path, output: Path, model: nn.Module, quality: int, overwrite: bool, progress: TileProgress
) -> None:
    zoomed = zoom_photo(read_photo(photo), model, progress=progress)
    write_photo(output, zoomed, overwrite=overwrite, quality=quality)


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
    parser.add_argument("photos", nargs="+", metavar="PHOTO", help="photos, or folders of photos")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where the zoomed photos go")
    parser.add_argument("--weights", metavar="FILE", help="a weights file, or bundled weights by name")
    parser.add_argument("--scale", type=int, choices=SCALES, help="must be that of the weights; default: theirs, or 3")
    parser.add_argument("--format", choices=FORMATS, default="keep", help="format to write (default: the photo's own)")
    parser.add_argument("--quality", type=_quality, default=95, help="of JPEG and WebP, 1 to 100 (default: 95)")
    parser.add_argument("--overwrite", action="store_true", help="replace zoomed photos that are there already")
    return parser
