"""PNG files that are written as their rows come. https://www.w3.org/TR/png-3/"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from opticalzoom.photo.bands import Header, regrouped
from opticalzoom.photo.carried.kept import Kept, photoshop_entry
from opticalzoom.photo.carried.png_texts import RAW_PROFILE, XMP_KEYWORD, hexed, international_text

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_LEVEL = 6
_METRE = 0.0254
"""An inch in metres."""
_AT_ONCE = 2**19
"""Bytes of rows that are filtered in one go: some copies of them are in use, which should stay in the cache."""

Bytes = NDArray[np.uint8]


def write_png(path: Path, header: Header, bands: Iterable[np.ndarray]) -> None:
    """Write an upright picture, deflated, every row with the filter that leaves the least.

    Args:
        path: of the file.
        header: what comes, with EXIF and profile as they are to be written.
        bands: h×W×C, C from 1 to 4 (grey, grey and alpha, RGB, RGB and alpha), uint8 or uint16.
    """
    with path.open("wb") as file:
        _write(file, header, bands)


def _write(file: BinaryIO, header: Header, bands: Iterable[np.ndarray]) -> None:
    (height, width, channels), dtype = header.shape, header.dtype
    file.write(_SIGNATURE)
    _chunk(file, b"IHDR", struct.pack(">IIBBxxx", width, height, 8 * dtype.itemsize, _COLOUR_TYPES[channels]))
    if header.icc:
        _chunk(file, b"iCCP", b"ICC Profile\0\0" + zlib.compress(header.icc))
    if header.exif:
        _chunk(file, b"eXIf", header.exif)
    _write_kept(file, header.kept)
    step = channels * dtype.itemsize
    deflate = zlib.compressobj(_LEVEL, strategy=zlib.Z_FILTERED)
    above = np.zeros((1, width * step), np.uint8)
    for rows in regrouped(bands, max(1, _AT_ONCE // (width * step))):
        stored = np.ascontiguousarray(rows, dtype.newbyteorder(">")).view(np.uint8).reshape(len(rows), -1)
        _chunk(file, b"IDAT", deflate.compress(filtered(stored, above, step).tobytes()))
        above = stored[-1:]
    _chunk(file, b"IDAT", deflate.flush())
    _chunk(file, b"IEND", b"")


def _write_kept(file: BinaryIO, kept: Kept) -> None:
    if kept.resolution:
        _chunk(file, b"pHYs", struct.pack(">IIB", *(round(number / _METRE) for number in kept.resolution), 1))
    if kept.xmp:
        _chunk(file, b"iTXt", international_text(XMP_KEYWORD, kept.xmp))
    if kept.iptc:
        profile = hexed("iptc", photoshop_entry(kept.iptc))
        _chunk(file, b"zTXt", RAW_PROFILE + b"iptc\0\0" + zlib.compress(profile))
    for keyword, text in kept.texts:
        _chunk(file, b"iTXt", international_text(keyword.encode("latin-1", "replace"), text.encode()))


def filtered(rows: Bytes, above: Bytes, step: int) -> Bytes:
    """Rows with the number of a filter before each: of the five that which leaves the smallest sum of differences.

    Args:
        rows: h×B bytes.
        above: the row before them, 1×B.
        step: bytes of a pixel.

    Returns:
        h×(1 + B).
    """
    up = np.concatenate([above, rows[:-1]])
    left, corner = (np.pad(values, ((0, 0), (step, 0)))[:, :-step] for values in (rows, up))
    average = ((left.astype(np.uint16) + up) // 2).astype(np.uint8)
    guesses = (0, left, up, average, _paeth(left, up, corner))
    residues = np.stack([rows - guess for guess in guesses])  # modulo 256, as the format has it
    sums = np.abs(residues.view(np.int8).astype(np.int16)).sum(axis=2, dtype=np.int64)
    best = sums.argmin(axis=0)
    chosen = np.take_along_axis(residues, best[None, :, None], axis=0)[0]
    return np.concatenate([best[:, None].astype(np.uint8), chosen], axis=1)


def _paeth(left: Bytes, up: Bytes, corner: Bytes) -> Bytes:
    """Of the three that which is nearest to left + up − corner; of equally near ones the first."""
    a, b, c = (values.astype(np.int16) for values in (left, up, corner))
    to_left, to_up, to_corner = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    nearest = np.where(to_up <= to_corner, up, corner)
    return np.where((to_left <= to_up) & (to_left <= to_corner), left, nearest)


def _chunk(file: BinaryIO, kind: bytes, body: bytes) -> None:
    if body or kind != b"IDAT":
        file.write(struct.pack(">I", len(body)) + kind)
        file.write(body)
        file.write(struct.pack(">I", zlib.crc32(body, zlib.crc32(kind))))
