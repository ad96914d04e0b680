"""Photographs as they lie on a memory card: which files belong to one exposure, and what the others are."""

from __future__ import annotations

import dataclasses
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from opticalzoom.errors import PairError
from opticalzoom.files import real_path
from opticalzoom.parallel.faults import as_told
from opticalzoom.photo.metadata import Metadata, read_metadata
from opticalzoom.photo.photograph import READABLE
from opticalzoom.photo.raw.libraw import RAW_SUFFIXES, is_raw

_VIDEOS = (".3gp", ".avi", ".insv", ".m2ts", ".m4v", ".mov", ".mp4", ".mts", ".mxf")
_TWIN_FOLDERS = frozenset({"raw", "raws", "jpeg", "jpegs", "jpg", "jpgs"} | {suffix[1:] for suffix in RAW_SUFFIXES})
"""Names of folders that hold one kind of file of the exposures beside or above them, as RAW/ and JPEG/."""
_SAME_EXPOSURE = 2.0
"""Seconds that the times of two files of one exposure may differ: some count whole seconds, some round to even ones."""


@dataclass(frozen=True)
class Shot:
    """One exposure.

    Attributes:
        photo: the picture as the camera developed it (JPEG, PNG, ...).
        raw: the sensor data of the same exposure; one of the two files may be missing.
        metadata: of either file, as far as it is written.
    """

    photo: Path | None
    raw: Path | None
    metadata: Metadata

    @property
    def path(self) -> Path:
        """The photo, or else the RAW file."""
        path = self.photo or self.raw
        if path is None:
            raise ValueError("a shot without a file")
        return path

    @property
    def name(self) -> str:
        """File name without suffix."""
        return self.path.stem

    @property
    def focal_length(self) -> float | None:
        """The focal length as the camera wrote it, in mm."""
        return self.metadata.focal_length


@dataclass(frozen=True)
class Problem:
    """A file that is not used, and why."""

    path: Path
    reason: str


def folders(root: Path, problems: list[Problem]) -> Iterator[tuple[Path, list[Path], list[str]]]:
    """Every folder at and below ``root`` with its files, by name; names removed from the third are not entered.

    Hidden files and folders are left out; ``problems`` gets the folders that cannot be listed. Links to folders are
    followed, but for those that lead to what is looked at anyway, or to a folder around it.

    Raises:
        PairError: ``root`` is no folder.
    """
    if not root.is_dir():
        raise PairError("no such folder.", path=root, remedy="Name the folder that holds the photos.")

    def note(error: OSError) -> None:
        problems.append(Problem(Path(error.filename), f"cannot be listed: {error.strerror}"))

    around, seen = {*real_path(root).parents}, {real_path(root)}
    for folder, below, names in os.walk(root, onerror=note, followlinks=True):
        below[:] = [
            name for name in sorted(below) if not name.startswith(".") and _leads_on(Path(folder, name), around, seen)
        ]
        yield Path(folder), [Path(folder, name) for name in sorted(names) if not name.startswith(".")], below


def _leads_on(folder: Path, around: set[Path], seen: set[Path]) -> bool:
    """Whether a folder is no link, or a link to one that is none of those ``around`` or ``seen``, nor in the latter.

    Then it is seen from now on.
    """
    if not folder.is_symlink():
        return True
    target = real_path(folder)
    if target in around or seen & {target, *target.parents}:
        return False
    seen.add(target)
    return True


def is_picture(path: Path) -> bool:
    """Whether the suffix is that of a photo or RAW file that can be read."""
    return path.suffix.lower() in (*READABLE, *RAW_SUFFIXES)


def home(root: Path, folder: Path) -> Path:
    """The folder without those on its way from ``root`` that are named after a kind of file (RAW, JPEG, ARW, ...)."""
    return root.joinpath(*(part for part in folder.relative_to(root).parts if part.lower() not in _TWIN_FOLDERS))


def find_shots(files: list[Path]) -> tuple[list[Shot], list[Problem]]:
    """Put together the files of each exposure, which have the same stem (in any case).

    Sidecars and other files that are no pictures at all are passed over; videos get a problem each.
    """
    problems = [Problem(path, "is a video") for path in files if path.suffix.lower() in _VIDEOS]
    stems: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        if is_picture(path):
            stems[path.stem.lower()].append(path)
    shots = []
    for stem in sorted(stems):
        shot, more = _shot(stems[stem])
        shots += [shot] if shot else []
        problems += more
    return shots, problems


def _shot(siblings: list[Path]) -> tuple[Shot | None, list[Problem]]:
    known: dict[Path, Metadata] = {}
    problems = []
    for path in siblings:
        try:
            known[path] = read_metadata(path)
        except Exception as error:  # of every class, for damaged files
            problems.append(Problem(path, as_told(error).cause.rstrip(".")))
    photo = _first([path for path in known if not _is_named_raw(path)])
    raw = _first([path for path in known if _is_named_raw(path)])
    if raw and not photo and not is_raw(raw):
        photo, raw = raw, None
    if photo and raw and not _same_time(known[photo], known[raw]):
        problems.append(Problem(raw, f"was taken at another time than {photo.name}"))
        raw = None
    kept = [path for path in (photo, raw) if path]
    explained = {problem.path for problem in problems}
    problems += [Problem(p, f"is the shot {kept[0].name} once more") for p in known if p not in explained | {*kept}]
    return (Shot(photo, raw, _merge([known[path] for path in kept])) if kept else None), problems


def _is_named_raw(path: Path) -> bool:
    return path.suffix.lower() in RAW_SUFFIXES


def _first(paths: list[Path]) -> Path | None:
    """The one that the camera wrote: JPEG before exported pictures, a maker's RAW before a DNG made of it."""
    converted = (".dng", ".png", ".tif", ".tiff", ".webp")
    return min(paths, key=lambda path: (path.suffix.lower() in converted, len(path.parts), path), default=None)


def _same_time(first: Metadata, second: Metadata) -> bool:
    if first.time is None or second.time is None:
        return True
    return abs((first.time.replace(tzinfo=None) - second.time.replace(tzinfo=None)).total_seconds()) <= _SAME_EXPOSURE


def _merge(versions: list[Metadata]) -> Metadata:
    """The first, its gaps filled from the second."""
    merged = versions[0]
    for other in versions[1:]:
        gaps = [field.name for field in dataclasses.fields(merged) if getattr(merged, field.name) is None]
        merged = dataclasses.replace(merged, **{name: getattr(other, name) for name in gaps})
    return merged
