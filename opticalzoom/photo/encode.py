"""Pixels, EXIF and ICC -> a PNG, JPEG, TIFF or WebP file, as the rows come."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

import numpy as np

from opticalzoom.errors import PhotoError
from opticalzoom.files import atomic_path
from opticalzoom.photo.bands import Header
from opticalzoom.photo.carried.described import fit
from opticalzoom.photo.carried.kept import fitting_kept
from opticalzoom.photo.colour.icc import PROFILE_LEFT_OUT, fitting_icc
from opticalzoom.photo.formats.jpeg import LONGEST_SIDE, write_jpeg
from opticalzoom.photo.formats.png import write_png
from opticalzoom.photo.formats.tiff import write_tiff
from opticalzoom.photo.formats.webp import write_webp

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP"}
FORMATS |= {".jpe": "JPEG", ".jfif": "JPEG"}
"""Suffix in lower case -> format of the files that are written.

libvips, which decodes them, has savers for all four. Ours are used because libvips rewrites EXIF instead of keeping it
byte for byte, takes bands only by way of another encoded file, and needs up to three times the memory for PNG and TIFF
of 16 bits. Its PNG takes 0.4 to 0.7 of our time: docs/results/savers.md."""
_LAID_ON_WHITE = "it is laid on white, as JPEG has no transparency"
SUFFIX_REMEDY = f"Use one of {', '.join(FORMATS)}."

_MAX_SIDE = {"JPEG": LONGEST_SIDE, "WEBP": 16383, "PNG": 2**31 - 1, "TIFF": 2**31 - 1}


def write_bands(
    path: str | PathLike[str],
    header: Header,
    bands: Iterable[np.ndarray],
    *,
    overwrite: bool = False,
    quality: int = 95,
) -> tuple[str, ...]:
    """Write a photo in the format that the suffix names, with its EXIF and profile, as its bands come.

    PNG and TIFF (deflate; BigTIFF if larger than 4 GB) are lossless and keep the bit depth; JPEG (4:4:4) and WebP have
    8 bits, rounded to nearest. JPEG has no alpha: the photo is laid on white. WebP has no grey: it becomes RGB (and so
    does its profile), and it is the one format for which all bands are held until the last has come.

    Args:
        path: of the file.
        header: shape, dtype, EXIF and profile of the photo.
        bands: its rows from the top, h×W×C, any h; the first is asked for when nothing but the disk can fail any more.
        overwrite: whether a file of that name may be replaced.
        quality: of JPEG and WebP, 1 to 100.

    Returns:
        What of the header the format does not hold, a phrase each.

    Raises:
        OutputExistsError: the file is there and ``overwrite`` is false.
        PhotoError: the suffix is unknown, the format can't hold such a size, or the disk refuses. No file is left.
    """
    path = Path(path)
    kind = _checked_format(path, header)
    height, width, channels = header.shape
    kept, gone = fitting_kept(header.kept, kind)
    described = fit(header.exif, height, width, kind, kept.resolution)
    icc = fitting_icc(header.icc, 3 if kind == "WEBP" else channels)
    fitting = header._replace(exif=described.block, icc=icc, kept=kept)
    with atomic_path(path, overwrite, error=PhotoError) as temporary:
        if kind == "TIFF":
            write_tiff(temporary, fitting, bands)
        elif kind == "PNG":
            write_png(temporary, fitting, bands)
        elif kind == "JPEG":
            write_jpeg(temporary, fitting, (_on_white(to_eight_bit(band)) for band in bands), quality)
        else:
            write_webp(temporary, fitting, map(to_eight_bit, bands), quality)
    profile_gone = (PROFILE_LEFT_OUT,) if header.icc and not icc else ()
    alpha_gone = (_LAID_ON_WHITE,) if kind == "JPEG" and channels in (2, 4) else ()
    return described.notes + gone + profile_gone + alpha_gone


def _checked_format(path: Path, header: Header) -> str:
    """The format that the suffix names, which can hold such a picture.

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
    return kind


def to_eight_bit(pixels: np.ndarray) -> np.ndarray:
    """Pixels as uint8: v/257, rounded to nearest."""
    return pixels if pixels.dtype == np.uint8 else ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _on_white(pixels: np.ndarray) -> np.ndarray:
    if pixels.shape[2] in (1, 3):
        return pixels
    colour, alpha = pixels[..., :-1].astype(np.uint32), pixels[..., -1:].astype(np.uint32)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
