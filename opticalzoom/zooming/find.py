"""Which photographs a command line means: files, folders and patterns, each shot once, without earlier results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from glob import glob
from itertools import takewhile
from pathlib import Path

from opticalzoom.errors import OpticalZoomError, PhotoError
from opticalzoom.photo.raw.raw_file import is_raw
from opticalzoom.photo.siblings import Problem, find_shots, folders, is_picture
from opticalzoom.zooming.names import NamePattern
from opticalzoom.zooming.options import Siblings

_CAMERA_WRITTEN = (".jpg", ".jpeg", ".heic", ".heif", ".hif")
"""A TIFF or PNG of the same name was made by hand: another picture."""


@dataclass(frozen=True)
class Found:
    """A photograph.

    Attributes:
        path: the file.
        folder: where it lies below what was named: its result goes to the same place below the output.
    """

    path: Path
    folder: Path = Path()


@dataclass
class Search:
    """What was found.

    Attributes:
        photos: in the order in which they were named, folders by name.
        problems: what was named and gives nothing.
        notes: what was left aside on purpose, and why.
    """

    photos: list[Found] = field(default_factory=list)
    problems: list[OpticalZoomError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find(names: Iterable[str], output: Path, recursive: bool) -> Search:
    """The photos and RAW files that the names mean, each once.

    Args:
        names: files; folders, for the photos in them; patterns with ``*``, ``?`` and ``[]`` (``**``: any folders).
        output: photos in it are left out if it lies in a folder that is searched.
        recursive: also photos in folders in the folders.
    """
    search = Search()
    found: list[Found] = []
    for name in names:
        try:
            found += _named(name, output.resolve(), recursive, search)
        except OpticalZoomError as problem:
            search.problems.append(problem)
    first: dict[Path, Found] = {}
    for photo in found:
        first.setdefault(photo.path.resolve(), photo)
    search.photos = list(first.values())
    return search


def leave_out_results(search: Search, pattern: NamePattern) -> None:
    """Leave out what an earlier run made of another photo that was found in the same folder.

    Args:
        search: changed in place.
        pattern: of this run's names; earlier runs may have had the default one.
    """
    stems = {(found.path.parent, found.path.stem) for found in search.photos}

    def is_result(path: Path) -> bool:
        sources = {pattern.source_stem(path.name), NamePattern().source_stem(path.name)} - {path.stem}
        return any((path.parent, stem) in stems for stem in sources)

    results = {found.path for found in search.photos if is_result(found.path)}
    _leave_out(search, results, "results of earlier runs")


def leave_out_siblings(search: Search, kept: Siblings) -> None:
    """Of every shot that the camera wrote as RAW file and JPEG (or HEIF), leave one out."""
    if kept == "both":
        return
    pairs: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for found in search.photos:
        if is_raw(found.path) or found.path.suffix.lower() in _CAMERA_WRITTEN:
            pairs[found.path.parent, found.path.stem.lower()].append(found.path)
    shots = (shot for files in pairs.values() if len(files) > 1 for shot in find_shots(files)[0])
    doubled = [(shot.photo, shot.raw) for shot in shots if shot.photo and shot.raw]
    if kept == "raw":
        _leave_out(search, {photo for photo, _ in doubled}, "shots whose RAW file is zoomed")
    else:
        _leave_out(search, {raw for _, raw in doubled}, "RAW files of shots whose JPEG is zoomed")


def _leave_out(search: Search, paths: set[Path], what: str) -> None:
    if paths:
        search.notes.append(f"{len(paths)} left aside: {what}, as {min(paths)}")
        search.photos = [found for found in search.photos if found.path not in paths]


def _named(name: str, output: Path, recursive: bool, search: Search) -> list[Found]:
    path = Path(name)
    if path.is_dir():
        root, found = path, _in_folder(path, path, recursive, search)
    elif _is_pattern(name) and not path.exists():
        root = Path(*takewhile(lambda part: not _is_pattern(part), path.expanduser().parts))
        found = _matching(str(path.expanduser()), root, recursive, search)
    elif path.exists():
        return [Found(path)]
    else:
        raise PhotoError("is not there.", path=path, remedy="Check the name.")
    if output in root.resolve().parents or output == root.resolve():
        return found  # results lie beside what they were made of
    return [photo for photo in found if output not in photo.path.resolve().parents]


def _is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def _matching(pattern: str, root: Path, recursive: bool, search: Search) -> list[Found]:
    found: list[Found] = []
    for path in map(Path, sorted(glob(pattern, recursive=True))):  # noqa: PTH207 - Path.glob takes no absolute patterns
        if path.is_dir():
            found += _in_folder(path, root, recursive, search)
        elif is_picture(path):
            found.append(Found(path, path.parent.relative_to(root)))
    if not found:
        raise PhotoError("matches no photos.", path=pattern, remedy="Check the pattern.")
    return found


def _in_folder(folder: Path, root: Path, recursive: bool, search: Search) -> list[Found]:
    found: list[Found] = []
    problems: list[Problem] = []
    for _, files, below in folders(folder, problems):
        found += [Found(path, path.parent.relative_to(root)) for path in files if is_picture(path)]
        if not recursive:
            below.clear()
    search.problems += [PhotoError(f"{problem.reason}.", path=problem.path) for problem in problems]
    if not found and not problems and folder == root:
        remedy = "Name another folder." if recursive else "Name another folder, or add --recursive."
        raise PhotoError("holds no photos.", path=folder, remedy=remedy)
    return found
