"""What can be told of a JPEG file without decoding it: where its pixels end, and what libjpeg will complain of.

ITU-T T.81, annex B, https://www.w3.org/Graphics/JPEG/itu-t81.pdf
"""

from __future__ import annotations

import re
from typing import BinaryIO, NamedTuple

from opticalzoom.photo.carried.containers import segments

_FRAMES, _SEQUENTIAL = (*range(0xC0, 0xC4), *range(0xC9, 0xCC)), (0xC0, 0xC1)
_APP0, _APP14 = 0xE0, 0xEE
_VERSIONS, _TRANSFORMS = (1, 2), (0, 1, 2)
"""Of JFIF and of Adobe's segment, that libjpeg knows."""
_WHOLE_SPECTRUM = bytes((0, 63, 0))
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What ends coded pixels; restart markers stand among them."""
_END = b"\xff\xd9"
_HOLE = bytes(64)
"""Zeros that are no pixels, where the shortest code of coefficients does not end a block in every table: they would be
a hundred coefficients of -1."""
_TABLES, _COEFFICIENTS = 0xC4, 0x10
_AT_ONCE = 2**20


class JpegScan(NamedTuple):
    """A JPEG file before decoding.

    Attributes:
        odd: whether something in its head is unusual and harmless, and libjpeg will complain of it.
        end: offset of the marker that ends the pixels, if they are coded in a single scan; None otherwise.
        hole: whether there are zeros in place of pixels, at which no decoder stumbles.
    """

    odd: bool
    end: int | None
    hole: bool = False


def scan_jpeg(file: BinaryIO) -> JpegScan:
    """Look through a JPEG file."""
    odd, frame, ends_block = False, 0, True
    for marker, content in segments(file):
        if marker == _APP0 and content.startswith(b"JFIF\0"):
            odd |= content[5:6] not in [bytes((version,)) for version in _VERSIONS]
        elif marker == _APP14 and content.startswith(b"Adobe"):
            odd |= content[11:12] not in [bytes((transform,)) for transform in _TRANSFORMS]
        elif marker in _FRAMES:
            frame = marker
        elif marker == _TABLES:
            ends_block &= not any(_shortest(content))
    channels = file.read(1)
    parameters = file.read(2 * channels[0] + 3)[-3:] if channels else b""
    if frame not in _SEQUENTIAL:
        return JpegScan(odd or not frame, None)
    end, hole = _end_of_scan(file)
    return JpegScan(odd or parameters != _WHOLE_SPECTRUM, end, hole and not ends_block)


def _shortest(tables: bytes) -> list[int]:
    """What the shortest code, which is all zeros, stands for in each Huffman table of coefficients; 0 ends a block."""
    found = []
    while len(tables) > 17:
        length = sum(tables[1:17])
        if tables[0] & _COEFFICIENTS:
            found.append(tables[17])
        tables = tables[17 + length :]
    return found


def _end_of_scan(file: BinaryIO) -> tuple[int | None, bool]:
    """Where the next marker is, if it is that of the end; and whether there are :data:`_HOLE` before it."""
    at, before, hole = file.tell(), b"", False
    while block := file.read(_AT_ONCE):
        found = _MARKER.search(before + block)
        hole |= _HOLE in (before + block)[: found.start() if found else None]
        if found:
            return at - len(before) + found.start() if found[0] == _END else None, hole
        at += len(block)
        before = (before + block)[-len(_HOLE) + 1 :]
    return None, hole
