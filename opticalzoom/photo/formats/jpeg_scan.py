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
_AT_ONCE = 2**20


class JpegScan(NamedTuple):
    """A JPEG file before decoding.

    Attributes:
        odd: whether something in its head is unusual and harmless, and libjpeg will complain of it.
        end: offset of the marker that ends the pixels, if they are coded in a single scan; None otherwise.
    """

    odd: bool
    end: int | None


def scan_jpeg(file: BinaryIO) -> JpegScan:
    """Look through a JPEG file."""
    odd, frame = False, 0
    for marker, content in segments(file):
        if marker == _APP0 and content.startswith(b"JFIF\0"):
            odd |= content[5:6] not in [bytes((version,)) for version in _VERSIONS]
        elif marker == _APP14 and content.startswith(b"Adobe"):
            odd |= content[11:12] not in [bytes((transform,)) for transform in _TRANSFORMS]
        elif marker in _FRAMES:
            frame = marker
    channels = file.read(1)
    parameters = file.read(2 * channels[0] + 3)[-3:] if channels else b""
    if frame not in _SEQUENTIAL:
        return JpegScan(odd or not frame, None)
    return JpegScan(odd or parameters != _WHOLE_SPECTRUM, _end_of_scan(file))


def _end_of_scan(file: BinaryIO) -> int | None:
    """Where the next marker is, if it is that of the end."""
    at, before = file.tell(), b""
    while block := file.read(_AT_ONCE):
        found = _MARKER.search(before + block)
        if found:
            return at - len(before) + found.start() if found[0] == _END else None
        before = block[-1:]
        at += len(block)
    return None
