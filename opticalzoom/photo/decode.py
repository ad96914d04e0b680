"""Bytes of a PNG, JPEG, TIFF or WebP file -> upright pixels at the file's own depth.

Pillow reads everything of 8 bits, but reduces 16-bit colour to 8; there, OpenCV reads PNG and LZW-compressed TIFF,
and tifffile the other TIFFs. Whatever these libraries dislike leaves here as their own exception.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

import cv2
import numpy as np
import tifffile
from PIL import Image

from opticalzoom.photo import exif

_LIMIT = 2**30
"""Pixels of the largest photo, as in OpenCV. Pillow's own limit would stop a 200-megapixel camera."""
_PILLOW_LOCK = Lock()
_PNG, _PNG_GREY_ALPHA = b"\x89PNG\r\n\x1a\n", 4
_ICC_TAG = 34675
_SIXTEEN_BIT_KINDS = (tifffile.PHOTOMETRIC.MINISWHITE, tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB)

_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90,
}
"""What turns the stored rows and columns into the scene as seen, by EXIF orientation (1: nothing)."""


class Decoded(NamedTuple):
    """Upright pixels, H×W×C (C from 1 to 4, uint8 or uint16), with EXIF and ICC as they were.

    ``exif`` is an EXIF block, or the whole file if that is a TIFF: its own directories hold the EXIF.
    """

    pixels: np.ndarray
    exif: bytes | None
    icc: bytes | None


def decode(data: bytes) -> Decoded:
    """Decode the first picture of a file.

    Raises:
        Exception: of many classes, as the libraries have it, for anything damaged, cut short or not supported.
    """
    pixels, block, icc = (_decode_tiff if data[:2] in (b"II", b"MM") else _decode_other)(data)
    return Decoded(np.ascontiguousarray(pixels), block, icc)


def _decode_other(data: bytes) -> Decoded:
    with _open(data) as picture:
        # Also for 16 bit: EXIF may stand behind the image, and Pillow refuses cut files whatever OpenCV's version does.
        pixels = _eight_bit(picture)
        block, icc = picture.info.get("exif"), picture.info.get("icc_profile")
    if data.startswith(_PNG) and data[24] == 16:
        pixels = _opencv(data)
        if data[25] == _PNG_GREY_ALPHA:
            pixels = pixels[..., [0, 3]]
    block = block.removeprefix(b"Exif\0\0") if block else None
    return Decoded(upright(pixels, _orientation(block)), block, icc)


def _decode_tiff(data: bytes) -> Decoded:
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        _check_size(page.imagewidth, page.imagelength)
        icc = page.tags.valueof(_ICC_TAG)
        photometric = tifffile.PHOTOMETRIC(page.photometric)
        if page.dtype == np.uint16 and page.bitspersample == 16 and photometric in _SIXTEEN_BIT_KINDS:
            return Decoded(upright(_sixteen_bit(page, data), _orientation(data)), data, icc)
    if page.dtype not in (np.dtype(np.uint8), np.dtype(bool)):
        raise ValueError(
            f"{photometric.name.lower()} image of {page.bitspersample}-bit {page.dtype}, expected 8 or 16-bit integers"
        )
    with _open(data) as picture:
        return Decoded(_eight_bit(picture), data, icc)  # Pillow turns TIFFs upright by itself


def _sixteen_bit(page: tifffile.TiffPage, data: bytes) -> np.ndarray:
    colours = 3 if page.photometric == tifffile.PHOTOMETRIC.RGB else 1
    interleaved = page.planarconfig == tifffile.PLANARCONFIG.CONTIG
    if page.compression == tifffile.COMPRESSION.LZW and interleaved and page.samplesperpixel in (1, 3, 4):
        pixels = _opencv(data)  # tifffile needs a further package for LZW
    else:
        pixels = page.asarray()
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels if interleaved else np.moveaxis(pixels, 0, -1)
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        pixels = np.concatenate([65535 - pixels[..., :1], pixels[..., 1:]], axis=-1)
    unspecified = page.extrasamples[:1] == (tifffile.EXTRASAMPLE.UNSPECIFIED,)
    return pixels[..., : colours if unspecified else colours + 1]


def _opencv(data: bytes) -> np.ndarray:
    """Decode to H×W×C in RGB(A) order at the file's depth."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("damaged image data")
    if pixels.ndim == 2:
        return pixels[..., None]
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB)


def _eight_bit(picture: Image.Image) -> np.ndarray:
    """Decode to H×W×C: palettes, 1-bit, CMYK and YCbCr become grey or RGB, transparent colours alpha."""
    picture.load()
    colour = "L" if picture.mode in ("1", "L", "LA", "La", "I;16", "I") else "RGB"
    pixels = np.asarray(picture.convert(colour + "A" * picture.has_transparency_data))
    return pixels if pixels.ndim == 3 else pixels[..., None]


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation (1 to 8; others do nothing) to H×W×C pixels; a view."""
    return _UPRIGHT.get(orientation, lambda a: a)(pixels)


def _orientation(block: bytes | None) -> int:
    parsed = exif.parse(block) if block else None
    return parsed.number(exif.ORIENTATION, 1) if parsed else 1


@contextmanager
def _open(data: bytes) -> Iterator[Image.Image]:
    # The limit is a global of Pillow that only open() looks at; the lock keeps threads from restoring each other's.
    with _PILLOW_LOCK:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, _LIMIT
        try:
            picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF", "WEBP"))
        finally:
            Image.MAX_IMAGE_PIXELS = before
    with picture:
        _check_size(*picture.size)
        yield picture


def _check_size(width: int, height: int) -> None:
    if width * height > _LIMIT:
        raise ValueError(f"{width}×{height} pixels, expected at most {_LIMIT:,} in all")
