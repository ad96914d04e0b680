"""Photographs of which parts can be read, so that memory depends on the part and not on the photo.

Of TIFF files in tiles or strips only those are read that are asked for. Other files can only be decoded from the top:
that is done once, row by row, into memory if the photo is small, else into a temporary file.
"""

from __future__ import annotations

import errno
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import RawIOBase
from os import PathLike
from pathlib import Path
from typing import cast

import numpy as np
import pyvips

from opticalzoom.errors import PhotoError
from opticalzoom.photo.carried.kept import NOTHING, Kept
from opticalzoom.photo.colour.icc import PROFILE_LEFT_OUT, fitting_icc
from opticalzoom.photo.encode import FORMATS, SUFFIX_REMEDY
from opticalzoom.photo.formats.heif import HEIF_SUFFIXES
from opticalzoom.photo.formats.jpeg import MULTI_PICTURE
from opticalzoom.photo.formats.tiled_tiff import open_segments
from opticalzoom.photo.formats.vips import decoding, open_picture
from opticalzoom.photo.orientation import SIDEWAYS, stored_window, upright, upright_size
from opticalzoom.photo.raw.libraw import RAW_SUFFIXES, is_raw
from opticalzoom.photo.window import Window

IN_MEMORY = 50_000_000
"""Bytes of pixels up to which a photo is held in memory and not in a temporary file."""

Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class PhotoReader:
    """An upright photograph that is read in parts, by one thread at a time.

    Attributes:
        stored_shape: height, width and channels (1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; 4 of a packed
            mosaic) as they are stored.
        dtype: uint8 or uint16.
        stored: the pixels of a window of what is stored, h×w×C.
        orientation: EXIF orientation that turns what is stored upright.
        exif: as of :class:`~opticalzoom.photo.photograph.Photo`.
        icc: likewise.
        kept: likewise.
        notes: what of the file is not taken, a phrase each that many photos may share (no names, no numbers).
    """

    stored_shape: Shape
    dtype: np.dtype
    stored: Callable[[Window], np.ndarray]
    orientation: int = 1
    exif: bytes | None = None
    icc: bytes | None = None
    kept: Kept = NOTHING
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        """Height, width and channels, upright."""
        height, width, channels = self.stored_shape
        return *upright_size(height, width, self.orientation), channels

    def read(self, rows: slice, columns: slice) -> np.ndarray:
        """A part of the upright photo, h×w×C; perhaps a view.

        Raises:
            PhotoError: the file is damaged there.
        """
        height, width, _ = self.stored_shape
        return upright(
            self.stored(stored_window(Window(rows, columns), self.orientation, height, width)), self.orientation
        )


def reading(pixels: np.ndarray, orientation: int = 1) -> PhotoReader:
    """A reader of H×W×C pixels in memory, as stored."""
    height, width, channels = pixels.shape
    return PhotoReader((height, width, channels), pixels.dtype, pixels.__getitem__, orientation)


@contextmanager
def open_photo(
    path: str | PathLike[str], *, in_memory: float = IN_MEMORY, salvage: bool = False
) -> Iterator[PhotoReader]:
    """The first picture of a PNG, JPEG, TIFF, WebP, HEIC or AVIF file, to be read in parts, at its own bit depth.

    Palettes and 1-bit pictures are expanded; CMYK and CIELAB become sRGB. Temporary
    files are where :mod:`tempfile` puts them (TMPDIR); they vanish with the ``with`` block.

    Args:
        path: the file.
        in_memory: bytes of pixels that are held in memory; larger ones are in a temporary file.
        salvage: whether what is left of a damaged photo is taken; what could not be decoded is grey or black.

    Raises:
        PhotoError: the file is missing, damaged, cut short, of another kind or of another depth (as floats); or there
            is no room for a temporary file.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (*FORMATS, *HEIF_SUFFIXES, MULTI_PICTURE) and (suffix not in RAW_SUFFIXES or is_raw(path)):
        raise PhotoError(
            f"{path.suffix or 'no suffix'} is no photo format known here.", path=path, remedy=SUFFIX_REMEDY
        )
    picture = open_picture(path, salvage=salvage)
    image = picture.image
    shape, dtype = (image.height, image.width, image.bands), np.dtype(picture.dtype)
    with ExitStack() as stack:
        stored: Callable[[Window], np.ndarray]
        if math.prod(shape) * dtype.itemsize <= in_memory:
            with decoding(path):
                stored = np.frombuffer(image.write_to_memory(), dtype).reshape(shape).__getitem__
                picture.check()
        elif (
            not salvage
            and picture.orientation not in SIDEWAYS
            and (segments := stack.enter_context(open_segments(path)))
        ):
            stored = segments
        else:
            file = stack.enter_context(_temporary(path, math.prod(shape) * dtype.itemsize))
            with decoding(path):
                image.write_to_target(pyvips.Target.new_to_descriptor(file.fileno()), ".raw")
                picture.check()
            stored = _Unpacked(file, shape, dtype)
        icc = fitting_icc(picture.icc, image.bands)
        notes = picture.notes + ((PROFILE_LEFT_OUT,) if picture.icc and not icc else ())
        yield PhotoReader(shape, dtype, stored, picture.orientation, picture.exif, icc, picture.kept, notes)


def _temporary(path: Path, size: int) -> RawIOBase:
    """A nameless temporary file with room for so many bytes: libvips does not say why it cannot write.

    Raises:
        PhotoError: there is no room, or no folder for it.
    """
    try:
        file = cast(RawIOBase, tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - the caller closes it
        if sys.platform == "linux":
            os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.EOPNOTSUPP}:  # a file system that cannot be asked
            return file
        cause = f"there is no room to unpack it in a temporary file: {error.strerror or error}."
        remedy = f"It takes {size / 1e9:.1f} GB: set TMPDIR to a folder with room."
        raise PhotoError(cause, path=path, remedy=remedy) from error
    return file


@dataclass(frozen=True)
class _Unpacked:
    """Reads windows of bare pixels in a file. By reading, not by mapping: mapped pages would count as memory."""

    file: RawIOBase
    shape: Shape
    dtype: np.dtype

    def __call__(self, window: Window) -> np.ndarray:
        _, width, channels = self.shape
        pixels = np.empty((*window.shape, channels), self.dtype)
        if window.shape[1] == width:
            self._fill(pixels, window.rows.start, 0)
        else:
            for row, line in enumerate(pixels, window.rows.start):
                self._fill(line, row, window.columns.start)
        return pixels

    def _fill(self, pixels: np.ndarray, row: int, column: int) -> None:
        _, width, channels = self.shape
        self.file.seek((row * width + column) * channels * self.dtype.itemsize)
        rest = pixels.reshape(-1).view(np.uint8).data
        while len(rest):
            count = self.file.readinto(rest)
            if not count:
                raise PhotoError(
                    "a temporary file was cut short.", remedy="Leave the folder of TMPDIR alone meanwhile."
                )
            rest = rest[count:]
