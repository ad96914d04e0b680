"""Photographs for tests: pixels, EXIF, formats by hand, and a reader that is not ours."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import skimage.io
import tifffile
from PIL import Image, ImageCms

LOSSLESS = (".png", ".tif")
SUFFIXES = (*LOSSLESS, ".jpg", ".webp")
DEPTHS = (np.uint8, np.uint16)
RGB_ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY_ICC = RGB_ICC[:16] + b"GRAY" + RGB_ICC[20:]


def smooth(height, width, channels, dtype=np.uint8):
    y, x = np.mgrid[:height, :width] / max(height, width)
    planes = [0.5 + 0.4 * np.sin(3 * (c + 1) * y + 2 * x) for c in range(channels)]
    return np.rint(np.stack(planes, -1) * np.iinfo(dtype).max).astype(dtype)


def camera_exif(orientation=1):
    made = Image.Exif()
    made[0x010F], made[0x0110], made[0x0112], made[0x0132] = "Nikon", "D780", orientation, "2024:05:06 07:08:09"
    made.get_ifd(0x8769).update({0x829A: 1 / 250, 0x920A: 85.0, 0xA434: "85 mm f/1.8", 0xA002: 9, 0xA003: 9})
    made.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 1.5), 3: "E", 4: (8.0, 32.0, 0.0)})
    return made.tobytes().removeprefix(b"Exif\0\0")


def png(pixels, colour_type, depth, *extra):
    """An unfiltered PNG by hand, for kinds that no library here writes."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + row.astype(f">u{depth // 8}").tobytes() for row in pixels)
    size = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], depth, colour_type, 0, 0, 0)
    chunks = [chunk(b"IHDR", size), *(chunk(*e) for e in extra), chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def pixels_by_another_reader(path, dtype):
    """H×W×C as read without our code: tifffile, OpenCV for 16-bit PNG, else scikit-image."""
    if path.suffix == ".tif":
        pixels = tifffile.imread(path)
    elif dtype == np.uint16:
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        pixels = pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    else:
        pixels = skimage.io.imread(path)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def tiff_bytes(pixels, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()
