"""Files of photos: regular ones only, and read rather than mapped.

What is mapped ends the process with a signal when another program cuts the file meanwhile; what is read just ends.
"""

from __future__ import annotations

import atexit
import stat
import threading
import weakref
from os import PathLike
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


_LONGEST, _FREE, _PER_BYTE = 1_000_000, 2**28, 64
"""Pixels of the longest side; bytes of pixels that a file of any size may have, which are 89 megapixels in RGB; and
bytes of pixels for each byte of a larger one. Photographs have 3 to 30, smooth ones as JPEG up to 60; flat areas as PNG
a thousand."""


class _Warnings(threading.local):
    number = 0


_warnings = _Warnings()


def warnings_so_far() -> int:
    """How often libvips has warned of something in this thread. Nothing else comes of its warnings."""
    return _warnings.number


def _count_warnings() -> None:
    """Instead of printing them: pyvips would, but for letters that it stumbles over."""
    domain, level = b"VIPS", 1 << 4

    def count(*_: object) -> None:
        _warnings.number += 1

    handler = pyvips.ffi.callback("GLogFunc", count)
    number = pyvips.glib_lib.g_log_set_handler(domain, level, handler, pyvips.ffi.NULL)
    # The handler is kept as long as it may be called.
    atexit.register(lambda _: pyvips.glib_lib.g_log_remove_handler(domain, number), handler)


_count_warnings()
pyvips.cache_set_max(0)  # it goes by name, and would give the old pixels of a file that was replaced


def unreadable(problem: OSError, path: str | PathLike[str]) -> PhotoError:
    """What the system's refusal to read a file is for the user: path, cause and remedy."""
    reason = problem.strerror or str(problem)
    return PhotoError(f"cannot be read: {reason}.", path=path, remedy="Check the name and its permissions.")


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


def check_size(path: Path, height: int, width: int, pixel: int) -> None:
    """Whether so many pixels, of ``pixel`` bytes each, may come out of a file.

    Raises:
        ValueError: they are too many; it tells the bound.
    """
    if max(height, width) > _LONGEST:
        raise ValueError(f"{width}×{height} pixels, expected at most {_LONGEST:,} a side")
    size = path.stat().st_size
    most = max(_FREE, _PER_BYTE * size) // pixel
    if height * width > most:
        raise ValueError(f"{width}×{height} pixels, expected at most {most:,} in a file of {size:,} bytes")


class FileReading:
    """A file for libvips, which asks for it piece by piece; it is open until what was loaded from it is gone.

    Args:
        path: the file.
        careful: offset from which on bytes are handed over one by one, so that ``furthest`` is exact.

    Attributes:
        furthest: how many bytes of the file it has come to see.

    Raises:
        PhotoError: see :func:`open_file`.
        OSError: likewise.
    """

    def __init__(self, path: Path, careful: int | None = None) -> None:
        self.furthest = 0
        self._careful = careful
        self._file = open_file(path)
        weakref.finalize(self, self._file.close)

    def source(self) -> pyvips.Source:
        """What libvips takes, once; it holds this reading, and not the other way round, so that both go at once."""
        source = pyvips.SourceCustom()
        source.on_read(self._read)
        source.on_seek(self._seek)
        return source

    # Exceptions must not get to libvips: a file that cannot be read any further ends there.

    def _read(self, length: int) -> bytes | None:
        try:
            at = self._file.tell()
            if self._careful is not None:
                length = min(length, max(self._careful - at, 1))
            data = self._file.read(length)
        except OSError:
            return None
        self.furthest = max(self.furthest, at + len(data))
        return data

    def _seek(self, offset: int, whence: int) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError):
            return -1
