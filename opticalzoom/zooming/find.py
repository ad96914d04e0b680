"""Which photographs a command line means: files, folders and patterns, each shot once, without earlier results."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from glob import glob
from itertools import takewhile
from pathlib import Path

from opticalzoom.errors import OpticalZoomError, PhotoError
from opticalzoom.files import home_path, real_path
from opticalzoom.parallel.faults import as_told
from opticalzoom.photo.metadata import read_metadata
from opticalzoom.photo.raw.libraw import RAW_SUFFIXES
from opticalzoom.photo.siblings import Problem, find_shots, folders, is_picture
from opticalzoom.zooming.names import NamePattern
from opticalzoom.zooming.options import Siblings

_CAMERA_WRITTEN = (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".heic", ".heif", ".hif")
"""A TIFF or PNG of the same name was made by hand: another picture."""


Found = dict[Path, Path]
"""Photos, in the order in which they were named (those of a folder by name), and for each the folder that it lies in
below what was named: its result goes to the same place below the output."""


def find(names: Iterable[str], output: Path, recursive: bool) -> tuple[Found, list[OpticalZoomError]]:
    """The photos and RAW files that the names mean, each once; and what is wrong with names that mean none.

    Args:
        names: files; folders, for the photos in them; patterns with ``*``, ``?`` and ``[]`` (``**``: any folders).
        output: photos in it are left out if it lies in a folder that is searched.
        recursive: also photos in folders in the folders.
    """
    found: Found = {}
    problems: list[OpticalZoomError] = []
    known: set[Path] = set()
    for name in names:
        try:
            named = _named(name, real_path(output), recursive, problems)
        except Exception as error:  # of every class, for names that the system takes for none
            problems.append(as_told(error, name))
            continue
        for path, folder in named.items():
            if real_path(path) not in known:
                known.add(real_path(path))
                found[path] = folder
    return found, problems


def results_among(photos: Iterable[Path], pattern: NamePattern) -> set[Path]:
    """Those that an earlier run made of another of the photos, which lies in the same folder.

    Args:
        photos: what was found.
        pattern: of this run's names; earlier runs may have had the default one.
    """
    photos = list(photos)
    stems = {(path.parent, path.stem) for path in photos}

    def is_result(path: Path) -> bool:
        sources = {pattern.source_stem(path.name), NamePattern().source_stem(path.name)} - {path.stem}
        return any((path.parent, stem) in stems for stem in sources)

    return {path for path in photos if is_result(path)}


def siblings_among(photos: Iterable[Path], kept: Siblings) -> dict[Path, Path]:
    """Those to leave out so that of every shot which the camera wrote as RAW file and JPEG (or HEIF) one is left.

    Returns:
        What is left out -> what is left of the same shot.
    """
    if kept == "both":
        return {}
    pairs: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for path in photos:
        if path.suffix.lower() in (*RAW_SUFFIXES, *_CAMERA_WRITTEN):
            pairs[path.parent, path.stem.lower()].append(path)
    both = [pair for files in pairs.values() if len(files) > 1 for pair in _both(files)]
    return dict(both) if kept == "raw" else {raw: photo for photo, raw in both}


def _both(files: list[Path]) -> list[tuple[Path, Path]]:
    """The JPEG and the RAW file of one name if they are of one shot, as far as the RAW file tells anything."""
    shots, problems = find_shots(files)
    raw_problems = (problem.path for problem in problems if problem.path.suffix.lower() in RAW_SUFFIXES)
    unreadable = [path for path in raw_problems if not _can_be_read(path)]
    raws = [(shot.photo, shot.raw or next(iter(unreadable), None)) for shot in shots]
    return [(photo, raw) for photo, raw in raws if photo and raw]


def _can_be_read(path: Path) -> bool:
    with suppress(Exception):  # of every class, for damaged files
        read_metadata(path)
        return True
    return False


def _named(name: str, output: Path, recursive: bool, problems: list[OpticalZoomError]) -> Found:
    path, at_home = Path(name), home_path(name)
    if path.is_dir():
        root, found = path, _in_folder(path, path, recursive, problems)
    elif _is_pattern(name) and not path.exists():
        root = Path(*takewhile(lambda part: not _is_pattern(part), at_home.parts))
        found = _matching(str(at_home), root, recursive, problems)
    elif path.exists():
        return {path: Path()}
    else:
        raise PhotoError("is not there.", path=path, remedy="Check the name.")
    if output in (real_path(root), *real_path(root).parents):
        return found  # results lie beside what they were made of
    return {path: folder for path, folder in found.items() if output not in real_path(path).parents}


def _is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def _matching(pattern: str, root: Path, recursive: bool, problems: list[OpticalZoomError]) -> Found:
    found: Found = {}
    problems += _closed(pattern, root)
    for path in map(Path, sorted(glob(pattern, recursive=True))):  # noqa: PTH207 - Path.glob takes no absolute patterns
        if path.is_dir():
            found |= _in_folder(path, root, recursive, problems)
        elif is_picture(path):
            found[path] = path.parent.relative_to(root)
    if not found:
        raise PhotoError("matches no photos.", path=pattern, remedy="Check the pattern.")
    return found


def _closed(pattern: str, root: Path) -> list[OpticalZoomError]:
    """The folders in which a pattern looks and that cannot be listed: it passes over them without a word."""
    closed: list[Problem] = []
    deepest = math.inf if "**" in pattern else len(Path(pattern).parts) - len(root.parts) - 1
    if root.is_dir():
        for folder, _, below in folders(root, closed):
            if len(folder.parts) - len(root.parts) >= deepest:
                below.clear()
    return [PhotoError(f"{problem.reason}.", path=problem.path) for problem in closed]


def _in_folder(folder: Path, root: Path, recursive: bool, problems: list[OpticalZoomError]) -> Found:
    found: Found = {}
    closed: list[Problem] = []
    for _, files, below in folders(folder, closed):
        found |= {path: path.parent.relative_to(root) for path in files if is_picture(path)}
        if not recursive:
            below.clear()
    problems += [PhotoError(f"{problem.reason}.", path=problem.path) for problem in closed]
    if not found and not closed and folder == root:
        remedy = "Name another folder." if recursive else "Name another folder, or add --recursive."
        raise PhotoError("holds no photos.", path=folder, remedy=remedy)
    return found
