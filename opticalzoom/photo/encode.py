"""Pixels, EXIF and ICC -> bytes of a PNG, JPEG, TIFF or WebP file.

Pillow writes everything of 8 bits except TIFF, OpenCV 16-bit PNG, and tifffile TIFF (with the EXIF directories
added here, which none of the three can write beside 16-bit colour).
"""

from __future__ import annotations

import io

import cv2
import numpy as np
import tifffile
from PIL import Image

from opticalzoom.photo import exif

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP"}
"""The formats by lower-case suffix."""

_MAX_SIDE = {"JPEG": 65500, "WEBP": 16383}
_JPEG_EXIF_LIMIT = 65533 - len(b"Exif\0\0")  # one segment of a JPEG file
_LARGE_VALUE = 4096  # bytes; what a crowded block loses first


def encode(pixels: np.ndarray, block: bytes | None, icc: bytes | None, suffix: str, quality: int) -> bytes:
    """Encode H×W×C uint8 or uint16 pixels, see :func:`opticalzoom.photo.image.write_photo`.

    Raises:
        ValueError: the format can't hold a photo of this size.
    """
    kind = FORMATS[suffix.lower()]
    height, width, channels = pixels.shape
    if max(height, width) > _MAX_SIDE.get(kind, 2**31):
        raise ValueError(f"{width}×{height} pixels, {kind} takes at most {_MAX_SIDE[kind]} a side")
    if kind in ("JPEG", "WEBP"):
        pixels = to_eight_bit(pixels)
    if kind == "JPEG":
        pixels = _on_white(pixels)
    block = _fitting_exif(block, height, width, kind)
    icc = fitting_icc(icc, 3 if kind == "WEBP" else channels)
    if kind == "TIFF":
        return _tiff(pixels, block, icc)
    if pixels.dtype == np.uint16:
        return _png_16(pixels, block, icc)
    # JPEG: colour at full resolution, for pictures whose point is detail.
    options = {"JPEG": {"quality": quality, "subsampling": 0}, "WEBP": {"quality": quality, "exact": True}}
    file = io.BytesIO()
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    prefixed = b"Exif\0\0" + block if block else b""
    picture.save(file, kind, exif=prefixed, icc_profile=icc, **options.get(kind, {}))
    return file.getvalue()


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


def _png_16(pixels: np.ndarray, block: bytes | None, icc: bytes | None) -> bytes:
    bgr = {1: [0], 2: [0, 0, 0, 1], 3: [2, 1, 0], 4: [2, 1, 0, 3]}  # OpenCV has no grey with alpha
    metadata = {cv2.IMAGE_METADATA_EXIF: block, cv2.IMAGE_METADATA_ICCP: icc}
    present = {kind: np.frombuffer(value, np.uint8) for kind, value in metadata.items() if value}
    _, data = cv2.imencodeWithMetadata(
        ".png", np.ascontiguousarray(pixels[..., bgr[pixels.shape[2]]]), list(present), list(present.values())
    )
    return data.tobytes()


def _tiff(pixels: np.ndarray, block: bytes | None, icc: bytes | None) -> bytes:
    parsed = exif.parse(block) if block else None
    order = parsed.order if parsed else "<"
    channels = pixels.shape[2]
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        pixels if channels > 1 else pixels[..., 0],
        bigtiff=False,
        byteorder=order,
        photometric="rgb" if channels > 2 else "minisblack",
        planarconfig="contig",
        extrasamples=["unassalpha"] if channels in (2, 4) else None,
        compression="zlib",
        predictor=True,
        iccprofile=icc,
        metadata=None,
        software=False,
    )
    data = file.getvalue()
    own = exif.parse(data)
    if parsed is None or own is None:
        return data
    # A second main directory behind the pixels takes the first one's place; pixels and their offsets stay.
    start = len(data) + len(data) % 2
    body = data[8:].ljust(start - 8, b"\0")
    return exif.header(order, start) + body + parsed.pack({**own.main, **parsed.main}, start)
