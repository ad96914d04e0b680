"""Files of photos: regular ones only, and read rather than mapped.

What is mapped ends the process with a signal when another program cuts the file meanwhile; what is read just ends.
"""

from __future__ import annotations

import stat
import weakref
from pathlib import Path
from typing import BinaryIO

import pyvips

from opticalzoom.errors import PhotoError

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
"""What would be waited for, or never end."""


def open_file(path: Path) -> BinaryIO:
    """Open a regular file for reading.

    Raises:
        PhotoError: it is a pipe, a socket or a device.
        OSError: as :func:`open`; of a folder likewise.
    """
    kind = _KINDS.get(stat.S_IFMT(path.stat().st_mode))
    if kind:
        raise PhotoError(f"is {kind}, expected a file.", path=path, remedy="Copy what it gives to a file.")
    return path.open("rb")


def vips_source(path: Path) -> pyvips.Source:
    """A file for libvips; it is open until what was loaded from it is gone.

    Raises:
        PhotoError: see :func:`open_file`.
        OSError: likewise.
    """
    reading = _Reading(path)
    source = pyvips.SourceCustom()
    source.on_read(reading.read)
    source.on_seek(reading.seek)
    return source


class _Reading:
    """Called by libvips, to which exceptions must not get: a file that cannot be read any further ends there."""

    def __init__(self, path: Path) -> None:
        self._file = open_file(path)
        weakref.finalize(self, self._file.close)

    def read(self, length: int) -> bytes | None:
        try:
            return self._file.read(length)
        except OSError:
            return None

    def seek(self, offset: int, whence: int) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError):
            return -1
