"""From photographs that were found to jobs: what each result is called, and which part of the photo it shows."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from opticalzoom.errors import ConfigError, OpticalZoomError, PhotoError
from opticalzoom.photo.raw.raw_file import is_raw
from opticalzoom.photo.size import read_size
from opticalzoom.zooming.crop import Crop
from opticalzoom.zooming.find import Found
from opticalzoom.zooming.jobs import Job, Recipe
from opticalzoom.zooming.names import NamePattern, result_suffix


@dataclass(frozen=True)
class Naming:
    """Where results go and what they're called.

    Attributes:
        folder: for all of them; those of photos in folders below what was named go to folders below it.
        pattern: of their names.
        format: one of :data:`~opticalzoom.zooming.options.FORMATS`.
    """

    folder: Path
    pattern: NamePattern
    format: str = "keep"


def plan(
    photos: list[Found], recipe: Recipe, naming: Naming, crop: Crop | None
) -> tuple[list[Job], list[OpticalZoomError]]:
    """A job for every photo, and what is wrong with those that can have none.

    Raises:
        ConfigError: two photos would get the same name, or the format does not hold what is asked for.
        OpticalZoomError: the weights cannot be used.
    """
    targets = {found: _target(found, recipe, naming) for found in photos}
    twice = [path for path, count in Counter(targets.values()).items() if count > 1]
    if twice:
        rivals = ", ".join(str(found.path) for found, path in targets.items() if path == twice[0])
        remedy = "Zoom them in two runs into different folders, or have {kind} in --name."
        raise ConfigError(f"would be the output of {rivals}.", path=twice[0], remedy=remedy)
    jobs, problems = [], []
    for found, target in targets.items():
        try:
            jobs.append(_job(found.path, target, recipe, crop))
        except OpticalZoomError as error:
            problems.append(error.about(found.path))
    return jobs, problems


def _target(found: Found, recipe: Recipe, naming: Naming) -> Path:
    scale = recipe.scale or recipe.zoomer(is_raw(found.path)).contract.scale
    suffix = result_suffix(found.path, naming.format, recipe.output.bits)
    return naming.folder / found.folder / naming.pattern.result(found.path, scale, suffix)


def _job(photo: Path, target: Path, recipe: Recipe, crop: Crop | None) -> Job:
    if crop is None:
        with suppress(PhotoError):  # zooming will say what is wrong, in words for this photo
            height, width = read_size(photo)
            return Job(photo, target, height * width, None, recipe)
        return Job(photo, target, 0, None, recipe)
    window = crop.window(*read_size(photo))
    height, width = window.shape
    return Job(photo, target, height * width, window, recipe)
