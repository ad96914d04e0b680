"""Photographs: files <-> arrays, with the bit depth, EXIF and colour profile that they came with."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from opticalzoom.errors import PhotoError
from opticalzoom.photo.bands import Header
from opticalzoom.photo.carried.kept import NOTHING, Kept
from opticalzoom.photo.encode import FORMATS, write_bands
from opticalzoom.photo.formats.heif import HEIF_SUFFIXES
from opticalzoom.photo.formats.jpeg import MULTI_PICTURE
from opticalzoom.photo.reader import open_photo

SUFFIXES = tuple(FORMATS)
"""Suffixes (lower case) of the files that are read and written."""
READABLE = (*SUFFIXES, *HEIF_SUFFIXES, MULTI_PICTURE)
"""Suffixes (lower case) of the files that are read."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph in memory, upright.

    Attributes:
        pixels: H×W×C, C = 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha); uint8 or uint16, encoded as in
            the file (no colour conversion; sRGB unless ``icc`` says otherwise). Alpha isn't premultiplied.
        exif: the EXIF block, TIFF-structured, without the ``Exif`` prefix and a thumbnail, orientation 1.
        icc: the ICC profile of the colours.
        kept: XMP, IPTC, resolution and texts.

    Raises:
        PhotoError: ``pixels`` of another shape or dtype.
    """

    pixels: np.ndarray
    exif: bytes | None = None
    icc: bytes | None = None
    kept: Kept = NOTHING

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or 0 in shape or shape[2] > 4 or dtype not in (np.uint8, np.uint16):
            raise PhotoError(f"pixels are {dtype} {shape}, expected uint8 or uint16 H×W×C with C from 1 to 4.")

    @property
    def color(self) -> np.ndarray:
        """The pixels without alpha, H×W×3 or H×W×1; a view."""
        return self.pixels[..., : 1 if self.pixels.shape[2] < 3 else 3]

    @property
    def alpha(self) -> np.ndarray | None:
        """The alpha channel, H×W×1, or None; a view."""
        return self.pixels[..., -1:] if self.pixels.shape[2] in (2, 4) else None

    def replace(self, pixels: np.ndarray) -> Photo:
        """The same photo (EXIF, profile) with other pixels, of any size."""
        return dataclasses.replace(self, pixels=pixels)


def read_photo(path: str | PathLike[str]) -> Photo:
    """Read the first picture of a PNG, JPEG, TIFF or WebP file, at its own bit depth, turned upright.

    Palettes and 1-bit pictures are expanded; CMYK and CIELAB become sRGB.

    Raises:
        PhotoError: the file is missing, damaged, cut short, of another kind or of another depth (as floats).
    """
    with open_photo(path, in_memory=math.inf) as reader:
        height, width, _ = reader.shape
        pixels = np.ascontiguousarray(reader.read(slice(0, height), slice(0, width)))
        return Photo(pixels, reader.exif, reader.icc, reader.kept)


def write_photo(path: str | PathLike[str], photo: Photo, *, overwrite: bool = False, quality: int = 95) -> None:
    """Write a photo, see :func:`~opticalzoom.photo.encode.write_bands`."""
    header = Header(photo.pixels.shape, photo.pixels.dtype, photo.exif, photo.icc, photo.kept)
    write_bands(path, header, (photo.pixels,), overwrite=overwrite, quality=quality)


def to_float(pixels: np.ndarray) -> np.ndarray:
    """Pixels of any shape as float32 in [0, 1]: integers divided by the largest value of their dtype, floats as is."""
    if np.issubdtype(pixels.dtype, np.floating):
        return pixels.astype(np.float32)
    return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)


def from_float(array: np.ndarray, dtype: type[np.unsignedinteger] | np.dtype) -> np.ndarray:
    """Floats as a dtype of pixels, the inverse of :func:`to_float`: clipped to [0, 1], NaN becomes 0 (black).

    For uint8 and uint16 they are scaled and rounded to nearest.
    """
    values = np.fmax(array, 0, dtype=np.float32)  # of NaN and 0 it is 0
    np.fmin(values, 1, out=values)
    if np.issubdtype(dtype, np.floating):
        return values.astype(dtype, copy=False)
    values *= np.float32(np.iinfo(dtype).max)
    return np.rint(values, out=values).astype(dtype)


def find_photos(paths: Iterable[str | PathLike[str]], suffixes: Collection[str] = SUFFIXES) -> list[Path]:
    """The photos that ``paths`` name: files as they are, and of a folder those with one of the suffixes, by name.

    Folders inside folders and hidden files are left out; nothing is listed twice.

    Raises:
        PhotoError: a path that is missing, or a folder without photos.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise PhotoError("is not there.", path=path, remedy="Check the name.")
        found += _photos_in(path, suffixes) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def _photos_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise PhotoError(
            f"cannot be listed: {error.strerror}.", path=folder, remedy="Check its permissions."
        ) from error
    photos = [e for e in entries if e.suffix.lower() in suffixes and not e.name.startswith(".") and e.is_file()]
    if not photos:
        raise PhotoError(f"holds no photos ({', '.join(suffixes)}).", path=folder, remedy="Name another folder.")
    return photos
