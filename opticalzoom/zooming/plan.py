"""From what a command line names to jobs: which photos, what each result is called, which part of a photo it shows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from opticalzoom.errors import ConfigError, OpticalZoomError, PhotoError, counted
from opticalzoom.files import path_within
from opticalzoom.lenses.library import InstalledLens, installed, lenses_for
from opticalzoom.parallel.faults import as_told
from opticalzoom.photo.metadata import read_metadata
from opticalzoom.photo.raw.libraw import is_raw
from opticalzoom.photo.size import read_size
from opticalzoom.photo.window import Window
from opticalzoom.zooming.crop import Crop
from opticalzoom.zooming.find import Found, find, results_among, siblings_among
from opticalzoom.zooming.jobs import Job, Recipe
from opticalzoom.zooming.names import NamePattern, result_suffix
from opticalzoom.zooming.options import DEFAULT_NAME, Siblings
from opticalzoom.zooming.targets import holdable
from opticalzoom.zooming.zoomer import chosen_weights, weights_scale

_ASIDE = {"raw": "shots whose RAW file is zoomed", "jpeg": "RAW files of shots whose JPEG is zoomed", "both": ""}


def plan(
    names: Iterable[str],
    recipe: Recipe,
    output: Path,
    *,
    crop: Crop | None = None,
    name: str = DEFAULT_NAME,
    kind: str = "keep",
    recursive: bool = False,
    raw_jpeg: Siblings = "raw",
) -> tuple[list[Job], list[OpticalZoomError], list[str]]:
    """A job for every photo that the names mean, each photo once and without results of earlier runs.

    Args:
        names: see :func:`~opticalzoom.zooming.find.find`.
        recipe: how the photos are zoomed; if it names no weights, each photo by what was learned for its lens.
        output: folder for the results; those of photos in folders below what was named go to folders below it.
        crop: the part of each photo that is zoomed; None for all of it.
        name: pattern of the results' names, see :class:`~opticalzoom.zooming.names.NamePattern`.
        kind: of file, one of :data:`~opticalzoom.zooming.options.FORMATS`.
        recursive: also photos in folders in the folders.
        raw_jpeg: what is zoomed of a shot that is there as RAW file and JPEG; the JPEG is the spare of a RAW file.

    Returns:
        The jobs; what is wrong with names and photos that have none; and notes: a line for each group of photos that
        is left aside on purpose, and, if the recipe names no weights, for those that are zoomed by the same ones.

    Raises:
        ConfigError: two photos would get the same name, or the format does not hold what is asked for.
        OpticalZoomError: the weights cannot be used.
    """
    pattern = NamePattern(name)
    if pattern.names_format and kind != "keep":
        raise ConfigError("--name has a suffix, --format asks for one.", remedy="Write {suffix} in --name.")
    photos, problems = find(names, output, recursive)
    photos, notes = _without(photos, results_among(photos, pattern), "results of earlier runs")
    aside = siblings_among(photos, raw_jpeg)
    spares = {raw: jpeg for jpeg, raw in aside.items() if is_raw(raw)} if raw_jpeg == "raw" else {}
    folders = photos
    photos, more = _without(photos, set(aside), _ASIDE[raw_jpeg])
    wanted = {path: folders[path] for path in (*photos, *spares.values())}
    lenses = installed() if recipe.weights is None else []
    recipes = {path: suited(path, recipe, lenses) for path in wanted}
    targets = holdable(_targets(wanted, recipes, output, pattern, kind), problems, spares)
    photos = {path: folder for path, folder in photos.items() if path in targets}
    spares = {raw: jpeg for raw, jpeg in spares.items() if raw in targets and jpeg in targets}
    parts = _parts(photos, spares, crop, problems)
    total = sum(pixels for path, (_, pixels) in parts.items() if path in photos)

    def job(path: Path) -> Job:
        window, pixels = parts[path]
        spare = job(spares[path]) if spares.get(path) in parts else None
        return Job(path, targets[path], pixels, window, replace(recipes[path], pixels=total), spare)

    jobs = [job(path) for path in photos if path in parts]
    return jobs, problems, notes + more + ([] if recipe.weights else weights_of(jobs, lenses))


def suited(photo: Path, recipe: Recipe, lenses: Sequence[InstalledLens]) -> Recipe:
    """The recipe, with the weights that were learned for a photo's lens if it names none and there are any."""
    if recipe.weights is not None or not lenses:
        return recipe
    raw = is_raw(photo)
    with suppress(Exception):  # zooming will say what is wrong
        learned = lenses_for(read_metadata(photo), "raw" if raw else "rgb", lenses)
        chosen = chosen_weights(None, recipe.scale, raw, learned)
        if any(chosen == str(lens.path) for lens in learned):
            return replace(recipe, weights=chosen)
    return recipe


def weights_of(jobs: Iterable[Job], lenses: Sequence[InstalledLens]) -> list[str]:
    """Which weights zoom how many of the photos, a line each, as ``3 photos: city100-x3 (bundled)``; damaged lenses."""
    groups = Counter((job.recipe.weights, job.recipe.scale, is_raw(job.photo)) for job in jobs)
    damaged = [f"not used: the lens {lens.name}, which {lens.problem}" for lens in lenses if lens.problem]
    titles = {str(lens.path): f"{lens.name}, learned for {lens.card.title}" for lens in lenses if lens.card}
    lines: Counter[str] = Counter()
    for (weights, scale, raw), photos in groups.items():
        chosen = chosen_weights(weights, scale, raw)
        lines[titles.get(chosen, f"{chosen} (bundled)")] += photos
    return damaged + [f"{counted(photos, 'photo')}: {what}" for what, photos in lines.items()]


def _without(photos: Found, aside: set[Path], what: str) -> tuple[Found, list[str]]:
    """The other photos, and a line that says what is left aside."""
    notes = [f"{len(aside)} left aside: {what}, as {min(aside)}"] if aside else []
    return {path: folder for path, folder in photos.items() if path not in aside}, notes


def _targets(photos: Found, recipes: dict[Path, Recipe], output: Path, pattern: NamePattern, kind: str) -> Found:
    """The file that each photo's result is written to."""
    return {
        path: path_within(output, folder / _name(path, recipes[path], pattern, kind), error=ConfigError)
        for path, folder in photos.items()
    }


def _name(photo: Path, recipe: Recipe, pattern: NamePattern, kind: str) -> str:
    """What the result of a photo is called."""
    scale = recipe.scale or weights_scale(chosen_weights(recipe.weights, None, is_raw(photo)))
    return pattern.result(photo, scale, result_suffix(photo, kind, recipe.bits))


def _parts(
    photos: Found, spares: dict[Path, Path], crop: Crop | None, problems: list[OpticalZoomError]
) -> dict[Path, tuple[Window | None, int]]:
    """The part of each photo and spare; ``problems`` gets what is wrong with photos that have no spare."""
    parts: dict[Path, tuple[Window | None, int]] = {}
    for path in (*spares.values(), *photos):
        try:
            parts[path] = _part(path, crop)
        except Exception as error:  # of every class, for damaged files
            told = as_told(error, path)
            if isinstance(told, PhotoError) and spares.get(path) in parts:
                parts[path] = None, 0  # it cannot be read, so its spare is zoomed
            elif path in photos:
                problems.append(told)
    return parts


def _part(photo: Path, crop: Crop | None) -> tuple[Window | None, int]:
    """The part of a photo that is zoomed (None for all of it), and how many pixels that are (0 if unknown)."""
    if crop is None:
        with suppress(Exception):  # zooming will say what is wrong, in words for this photo
            return None, math.prod(read_size(photo))
        return None, 0
    window = crop.window(*read_size(photo))
    return window, math.prod(window.shape)
