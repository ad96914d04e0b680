"""How wide the numbers in directories are: in TIFF files and EXIF blocks, and in BigTIFF files beyond 4 GB."""

from __future__ import annotations

import struct
from typing import NamedTuple

_LONG, _LONG8 = 4, 16


class Layout(NamedTuple):
    """How wide the numbers in the directories of a TIFF file or of an EXIF block are.

    Attributes:
        version: the number that marks the file: 42 for TIFF, 43 for BigTIFF.
        entries: :mod:`struct`'s code of the number of a directory's entries.
        offset: its code of an offset.
        pointer: TIFF's type of an entry that points to a directory.
    """

    version: int
    entries: str
    offset: str
    pointer: int

    @property
    def width(self) -> int:
        """Bytes of an offset, and of the values that fit into an entry."""
        return struct.calcsize("=" + self.offset)

    @property
    def entry(self) -> int:
        """Bytes of an entry: tag, type, number of values, and the values or their offset."""
        return 4 + 2 * self.width

    def header(self, order: str, first: int) -> bytes:
        """What begins a TIFF file or EXIF block; ``first`` is the offset of the main directory."""
        big = struct.pack(order + "HH", 8, 0) if self.version == 43 else b""
        mark = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "H", self.version)
        return mark + big + struct.pack(order + self.offset, first)


CLASSIC, BIG = Layout(42, "H", "I", _LONG), Layout(43, "Q", "Q", _LONG8)
