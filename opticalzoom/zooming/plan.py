"""From photographs that were found to jobs: what each result is called, and which part of the photo it shows."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from opticalzoom.errors import ConfigError, OpticalZoomError, PhotoError
from opticalzoom.photo.raw.raw_file import is_raw
from opticalzoom.photo.size import read_size
from opticalzoom.photo.window import Window
from opticalzoom.zooming.crop import Crop
from opticalzoom.zooming.find import Found
from opticalzoom.zooming.jobs import Job, Recipe
from opticalzoom.zooming.names import NamePattern, result_suffix
from opticalzoom.zooming.zoomer import chosen_weights, weights_scale


def plan(
    photos: list[Found], recipe: Recipe, crop: Crop | None, folder: Path, pattern: NamePattern, kind: str = "keep"
) -> tuple[list[Job], list[OpticalZoomError]]:
    """A job for every photo, and what is wrong with those that can have none.

    Args:
        photos: what was found.
        recipe: how they are zoomed.
        crop: the part of each that is zoomed; None for all of it.
        folder: for the results; those of photos in folders below what was named go to folders below it.
        pattern: of the results' names.
        kind: of file, one of :data:`~opticalzoom.zooming.options.FORMATS`.

    Raises:
        ConfigError: two photos would get the same name, or the format does not hold what is asked for.
        OpticalZoomError: the weights cannot be used.
    """
    targets = {found: folder / found.folder / _name(found.path, recipe, pattern, kind) for found in photos}
    twice = [path for path, count in Counter(targets.values()).items() if count > 1]
    if twice:
        rivals = ", ".join(str(found.path) for found, path in targets.items() if path == twice[0])
        remedy = "Zoom them in two runs into different folders, or have {kind} in --name."
        raise ConfigError(f"would be the output of {rivals}.", path=twice[0], remedy=remedy)
    parts: dict[Found, tuple[Window | None, int]] = {}
    problems: list[OpticalZoomError] = []
    for found in targets:
        try:
            parts[found] = _part(found.path, crop)
        except OpticalZoomError as error:
            problems.append(error.about(found.path))
    total = sum(pixels for _, pixels in parts.values())  # how much there is to do decides what it is computed in
    recipe = replace(recipe, computing=replace(recipe.computing, pixels=total))
    jobs = [Job(found.path, targets[found], pixels, window, recipe) for found, (window, pixels) in parts.items()]
    return jobs, problems


def _name(photo: Path, recipe: Recipe, pattern: NamePattern, kind: str) -> str:
    """What the result of a photo is called."""
    scale = recipe.scale or weights_scale(chosen_weights(recipe.weights, None, is_raw(photo)))
    return pattern.result(photo, scale, result_suffix(photo, kind, recipe.bits))


def _part(photo: Path, crop: Crop | None) -> tuple[Window | None, int]:
    """The part of a photo that is zoomed (None for all of it), and how many pixels that are (0 if unknown)."""
    if crop is None:
        with suppress(PhotoError):  # zooming will say what is wrong, in words for this photo
            return None, math.prod(read_size(photo))
        return None, 0
    window = crop.window(*read_size(photo))
    return window, math.prod(window.shape)
