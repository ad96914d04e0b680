"""Pixels, EXIF and ICC -> a PNG, JPEG, TIFF or WebP file, as the rows come."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from opticalzoom.errors import PhotoError
from opticalzoom.photo import exif
from opticalzoom.photo.formats.jpeg import LONGEST_SIDE, write_jpeg
from opticalzoom.photo.formats.png import write_png
from opticalzoom.photo.formats.tiff import write_tiff

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP"}
"""The formats by lower-case suffix."""
SUFFIX_REMEDY = f"Use one of {', '.join(FORMATS)}."

_MAX_SIDE = {"JPEG": LONGEST_SIDE, "WEBP": 16383, "PNG": 2**31 - 1, "TIFF": 2**31 - 1}
_JPEG_EXIF_LIMIT = 65533 - len(b"Exif\0\0")  # one segment of a JPEG file
_LARGE_VALUE = 4096  # bytes; what a crowded block loses first


class Header(NamedTuple):
    """What is known of a picture before its pixels.

    Attributes:
        shape: H×W×C, C from 1 to 4 (grey, grey and alpha, RGB, RGB and alpha).
        dtype: uint8 or uint16.
        exif: the EXIF block, of any picture.
        icc: the ICC profile, perhaps of another kind of pixels.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype
    exif: bytes | None = None
    icc: bytes | None = None


def encode(path: Path, header: Header, bands: Iterable[np.ndarray], quality: int) -> None:
    """Write a picture in the format of the suffix, see :func:`opticalzoom.photo.photograph.write_photo`.

    Args:
        path: of the file.
        header: what comes.
        bands: h×W×C of the header's dtype.
        quality: of JPEG and WebP, 1 to 100.
    """
    kind = FORMATS[path.suffix.lower()]
    (height, width, channels), dtype = header.shape, header.dtype
    block = _fitting_exif(header.exif, height, width, kind)
    icc = fitting_icc(header.icc, 3 if kind == "WEBP" else channels)
    if kind == "TIFF":
        write_tiff(path, bands, header.shape, dtype, block, icc)
        return
    with path.open("wb") as file:
        if kind == "PNG":
            write_png(file, bands, header.shape, dtype, block, icc)
        elif kind == "JPEG":
            write_jpeg(file, (_on_white(to_eight_bit(band)) for band in bands), height, block, icc, quality)
        else:
            whole = np.concatenate([to_eight_bit(band) for band in bands])  # libwebp wants it all at once
            picture = Image.fromarray(whole[..., 0] if channels == 1 else whole)
            prefixed = b"Exif\0\0" + block if block else b""
            picture.save(file, kind, exif=prefixed, icc_profile=icc, quality=quality, exact=True)


def check(path: Path, header: Header) -> None:
    """Whether the format of the suffix can hold such a picture.

    Raises:
        PhotoError: it can't, or the suffix names no format.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise PhotoError(f"{path.suffix or 'no suffix'} is no format to write.", path=path, remedy=SUFFIX_REMEDY)
    height, width, _ = header.shape
    if max(height, width) > _MAX_SIDE[kind]:
        raise PhotoError(
            f"cannot be encoded: {width}×{height} pixels, {kind} takes at most {_MAX_SIDE[kind]} a side.",
            path=path,
            remedy="Write it as .tif or .png, or make it smaller.",
        )


def to_eight_bit(pixels: np.ndarray) -> np.ndarray:
    """Pixels as uint8: v/257, rounded to nearest."""
    return pixels if pixels.dtype == np.uint8 else ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def fitting_icc(icc: bytes | None, channels: int) -> bytes | None:
    """The profile if it's one for such pixels: its header names its colour space in bytes 16 to 19."""
    space = b"RGB " if channels > 2 else b"GRAY"
    return icc if icc is not None and icc[16:20] == space else None


def _on_white(pixels: np.ndarray) -> np.ndarray:
    if pixels.shape[2] in (1, 3):
        return pixels
    colour, alpha = pixels[..., :-1].astype(np.uint32), pixels[..., -1:].astype(np.uint32)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _fitting_exif(block: bytes | None, height: int, width: int, kind: str) -> bytes | None:
    if block is None:
        return None
    whole = exif.describe(block, height, width)
    if kind != "JPEG" or whole is None or len(whole) <= _JPEG_EXIF_LIMIT:
        return whole
    smaller = exif.describe(block, height, width, largest=_LARGE_VALUE)
    return smaller if smaller and len(smaller) <= _JPEG_EXIF_LIMIT else None
