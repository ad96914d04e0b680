"""JPEG files that are written as their rows come.

Restart markers make it possible: what follows one is coded without knowledge of what was before. So strips that Pillow
encodes one by one, joined by such markers, are the file that it would make of the whole.
ITU-T T.81, sections B.2.1 and F.1.2.3, https://www.w3.org/Graphics/JPEG/itu-t81.pdf
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from opticalzoom.photo.bands import Header, regrouped
from opticalzoom.photo.carried.kept import PHOTOSHOP, XMP_PREFIX, Kept, comment, photoshop_entry
from opticalzoom.photo.exif import PREFIX

MULTI_PICTURE = ".mpo"
"""Suffix of JPEG files with several pictures, which are read and not written."""
LONGEST_SIDE = 65500
"""In pixels, of libjpeg."""
_ROWS = 64
"""Rows of pixels in a strip: eight rows of 8×8 blocks, as restart markers are numbered modulo 8."""
_RESTART_7, _END = b"\xff\xd7", b"\xff\xd9"
_FRAME, _SCAN = (0xC0, 0xC1, 0xC2), 0xDA
_APP1, _APP13, _COMMENT = 0xE1, 0xED, 0xFE
_FOR_PROGRAMS = range(0xE0, 0xF0)


def write_jpeg(path: Path, header: Header, bands: Iterable[np.ndarray], quality: int) -> None:
    """Write an upright picture.

    Args:
        path: of the file.
        header: what comes, with EXIF and profile as they are to be written.
        bands: h×W×C uint8, C = 1 or 3.
        quality: 1 to 100. Colour has full resolution (4:4:4), for pictures whose point is detail.
    """
    block = PREFIX + header.exif if header.exif else b""
    resolution = tuple(map(round, header.kept.resolution or (0, 0)))
    metadata = {"exif": block, "icc_profile": header.icc, "dpi": resolution}
    with path.open("wb") as file:
        for index, rows in enumerate(regrouped(bands, _ROWS)):
            strip = _split(_encoded(rows, quality, {} if index else metadata), header.shape[0])
            file.write(_RESTART_7 if index else _with_segments(strip.head, _segments(header.kept)))
            file.write(strip.scan)
        file.write(_END)


def _segments(kept: Kept) -> bytes:
    """What stands in segments of its own."""
    contents = [(_APP1, XMP_PREFIX + kept.xmp)] if kept.xmp else []
    contents += [(_APP13, PHOTOSHOP + photoshop_entry(kept.iptc))] if kept.iptc else []
    contents += [(_COMMENT, comment(text)) for text in kept.texts]
    return b"".join(struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content for marker, content in contents)


def _with_segments(head: bytes, segments: bytes) -> bytes:
    """The beginning of a file with more segments, behind those for programs."""
    at = 2
    while head[at + 1] in _FOR_PROGRAMS:
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return head[:at] + segments + head[at:]


def _encoded(rows: np.ndarray, quality: int, metadata: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    picture = Image.fromarray(rows[..., 0] if rows.shape[2] == 1 else rows)
    picture.save(file, "JPEG", quality=quality, subsampling=0, restart_marker_rows=1, **metadata)
    return file.getvalue()


class _Strip(NamedTuple):
    head: bytes
    scan: bytes


def _split(data: bytes, height: int) -> _Strip:
    """What stands before the coded pixels, with another height in it, and the coded pixels."""
    head, at = bytearray(data), 2
    while True:
        marker, length = struct.unpack_from(">xBH", data, at)
        if marker in _FRAME:
            struct.pack_into(">H", head, at + 5, height)
        at += 2 + length
        if marker == _SCAN:
            return _Strip(bytes(head[:at]), data[at : -len(_END)])
