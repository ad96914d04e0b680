"""Which file each result is written to: one that the folder can hold, and tell from the others."""

from __future__ import annotations

import os
import secrets
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from opticalzoom.errors import ConfigError, OpticalZoomError, PhotoError

_LONGEST = 255
"""Bytes of the longest name where the system does not say: of ext4, APFS and most others; UTF-16 units of NTFS."""


def holdable(
    targets: Mapping[Path, Path], problems: list[OpticalZoomError], spares: Mapping[Path, Path] | None = None
) -> dict[Path, Path]:
    """The results whose names their folder can hold; ``problems`` gets the photos of the others.

    Args:
        targets: photo -> result.
        problems: is added to.
        spares: RAW file -> JPEG of which only one is zoomed, so that both may have one result.

    Raises:
        ConfigError: two results would be one file, also where the folder does not tell letters by their case, as on
            macOS, Windows, exFAT and SMB, or not by their composition (Unicode's normal forms).
    """
    spares = spares or {}
    held: dict[Path, Path] = {}
    longest_names: dict[Path, int] = {}
    for photo, target in targets.items():
        if target.parent not in longest_names:
            longest_names[target.parent] = longest_name(target.parent)
        most, length = longest_names[target.parent], name_length(target.name)
        if length <= most:
            held[photo] = target
            continue
        if photo in spares.values():
            continue
        cause = f"its result's name would be {length} bytes long, the folder holds {most}."
        remedy = f"Shorten it: --name '{{stem:.{max(most // 4, 1)}}}-x{{scale}}{{suffix}}'."
        problems.append(PhotoError(cause, path=photo, remedy=remedy))
    _check_apart(held, spares)
    return held


def longest_name(folder: Path) -> int:
    """How many bytes a name in a folder may have, which need not be there yet."""
    there = _there(folder)
    with suppress(OSError, ValueError, AttributeError):  # Windows has no such question
        return os.pathconf(there, "PC_NAME_MAX")
    return _LONGEST


def name_length(name: str) -> int:
    """Of a name, in the units in which the system counts: bytes, on Windows of UTF-16 units."""
    if sys.platform == "win32":
        return len(name.encode("utf-16-le", "surrogatepass")) // 2
    return len(os.fsencode(name))


def folded(path: Path) -> str:
    """The same text for names that some file systems take for one: in case, or in how accents are composed."""
    decomposed = unicodedata.normalize("NFD", str(path)).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", decomposed).casefold())


def tells_apart(folder: Path) -> bool:
    """Whether a folder, or the nearest one above it that is there, tells names apart that :func:`folded` does not.

    A hidden file is made there to find out. Where none can be made, the answer is no.
    """
    probe = _there(folder) / f".opticalzoom-{secrets.token_hex(4)}-\u00c9"
    others = [probe.with_name(name) for name in (probe.name.lower(), unicodedata.normalize("NFD", probe.name))]
    try:
        probe.touch(exist_ok=False)
        try:
            return not any(os.path.lexists(other) for other in others)
        finally:
            probe.unlink()
    except OSError:
        return False


def _there(folder: Path) -> Path:
    return next((path for path in (folder, *folder.absolute().parents) if path.is_dir()), Path())


def _check_apart(targets: Mapping[Path, Path], spares: Mapping[Path, Path]) -> None:
    rivals: dict[str, list[Path]] = defaultdict(list)
    for photo, target in targets.items():
        rivals[folded(target)].append(photo)
    apart: dict[Path, bool] = {}
    for group in rivals.values():
        photos = [photo for photo in group if not any(spares.get(raw) == photo for raw in group)]
        different = {targets[photo] for photo in photos}
        if len(photos) == 1:
            continue
        first = targets[photos[0]]
        if len(different) == len(photos):
            if first.parent not in apart:
                apart[first.parent] = tells_apart(first.parent)
            if apart[first.parent]:
                continue
        remedy = "Zoom them in two runs into different folders, or have {kind} in --name."
        raise ConfigError(f"would be the output of {', '.join(map(str, photos))}.", path=first, remedy=remedy)
