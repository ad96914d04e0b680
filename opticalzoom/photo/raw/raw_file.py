"""RAW files of Bayer cameras: the mosaic as the sensor saw it, and what turns it into right colours.

Nothing here is interpolated before :func:`render`: networks learn from the mosaic itself.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
import rawpy
from numpy.typing import NDArray
from PIL import Image

from opticalzoom.errors import PhotoError, ShapeError
from opticalzoom.photo.carried.found import find_carried, read_carried
from opticalzoom.photo.colour.srgb import camera_to_srgb
from opticalzoom.photo.orientation import orientation_of_flip, upright
from opticalzoom.photo.photograph import Photo, from_float
from opticalzoom.photo.raw.libraw import COPY_AGAIN, opened, unpacked
from opticalzoom.photo.raw.mosaic import channel_gains, demosaic, start_at_red
from opticalzoom.photo.reader import PhotoReader
from opticalzoom.photo.window import Window

_DEMOSAIC_REACH = 2
"""Pixels around one on which its colours depend."""
_DEVELOP = "Develop it to a 16-bit TIFF with a RAW converter, and use that."


@dataclass(frozen=True, eq=False)
class RawPhoto:
    """What a Bayer sensor recorded.

    Attributes:
        mosaic: H×W float32, even sides, R G / G B from the top left; 0 is black and 1 the sensor's white. Noise below
            black is kept. In the sensor's orientation.
        white_balance: as-shot gains of R, G, B; that of G is 1.
        matrix: 3×3, linear white-balanced camera RGB to linear sRGB; rows sum to 1, so white stays white.
        orientation: EXIF orientation 1 to 8 that makes the picture upright.
    """

    mosaic: NDArray[np.float32]
    white_balance: NDArray[np.float64]
    matrix: NDArray[np.float64]
    orientation: int = 1

    def crop(self, rows: slice, columns: slice) -> RawPhoto:
        """A part of it; starts must be even, or the colours would change places.

        Raises:
            ShapeError: the part does not consist of whole 2×2 cells.
        """
        part = self.mosaic[rows, columns]
        if any(side % 2 for side in (rows.start or 0, columns.start or 0, *part.shape)):
            raise ShapeError(f"rows {rows} and columns {columns} of a mosaic, expected even starts and sizes.")
        return replace(self, mosaic=part)


def read_raw(path: str | PathLike[str]) -> RawPhoto:
    """Read the mosaic of a RAW file, normalised by the file's own black and white levels.

    Raises:
        PhotoError: the file is missing, damaged, cut short or no RAW file; or not from a Bayer sensor (X-Trans, Foveon,
            monochrome), or already interpolated (linear DNG).
    """
    path = Path(path)
    with unpacked(path) as raw:
        pattern = _pattern(raw, path)
        black = np.asarray(raw.black_level_per_channel, dtype=np.float32)
        white = _white_levels(raw)
        values = raw.raw_image_visible
        if values.max() == values.min():  # LibRaw fills what it could not read with zeros
            raise PhotoError("holds no picture, all pixels are equal.", path=path, remedy=COPY_AGAIN)
        if not (white > black).all():
            raise PhotoError(f"its white level {white} is not above its black level {black}.", path=path)
        sites = raw.raw_colors_visible
        normal = (values.astype(np.float32) - black[sites]) / (white - black)[sites]
        return RawPhoto(
            np.ascontiguousarray(start_at_red(normal, pattern)),
            _white_balance(raw),
            _matrix(raw),
            raw_orientation(raw, path),
        )


def raw_orientation(raw: rawpy.RawPy, path: str | PathLike[str]) -> int:
    """The EXIF orientation of an opened RAW file: as its EXIF tells, or else as LibRaw found it in makers' own tags."""
    carried = read_carried(path)
    told = carried.told_orientation if carried else None
    return told or orientation_of_flip(raw.sizes.flip)


def read_preview(path: str | PathLike[str]) -> Photo | None:
    """The JPEG that the camera put into a RAW file, upright; None if there is none.

    Raises:
        PhotoError: the file is missing or no RAW file.
    """
    with opened(Path(path)) as raw:
        orientation = raw_orientation(raw, path)
        try:
            thumbnail = raw.extract_thumb()
        except rawpy.LibRawError:
            return None
        if isinstance(thumbnail.data, np.ndarray):
            return Photo(np.ascontiguousarray(upright(thumbnail.data, orientation)))
        try:
            pixels = np.asarray(Image.open(io.BytesIO(thumbnail.data)).convert("RGB"))
        except (OSError, ValueError):  # damaged
            return None
        carried = find_carried(io.BytesIO(thumbnail.data))
        told = carried.told_orientation if carried else None
        return Photo(np.ascontiguousarray(upright(pixels, told or orientation)))


def camera_rgb(raw: RawPhoto) -> NDArray[np.float32]:
    """Linear white-balanced camera colours, H×W×3 in [0, 1], interpolated.

    Gains are at least 1 (that of G is, and smaller ones are rare) and the result is clipped at the sensor's white, so
    that blown highlights are white and not pink.
    """
    height, width = raw.mosaic.shape
    gains = raw.white_balance / raw.white_balance.min()
    balanced = np.minimum(raw.mosaic * channel_gains(gains, height, width), 1)
    return np.clip(demosaic(balanced), 0, 1)


def render(raw: RawPhoto, *, linear: bool = False) -> NDArray[np.float32]:
    """A plain development: interpolation, as-shot white balance, colour matrix; no tone curve but sRGB's.

    Returns:
        H×W×3 in [0, 1], sRGB-encoded or linear sRGB, in the sensor's orientation.
    """
    camera = camera_rgb(raw)
    if linear:
        return np.clip(camera @ raw.matrix.T.astype(np.float32), 0, 1)
    return camera_to_srgb(camera, raw.matrix)


def develop(raw: RawPhoto) -> Photo:
    """A plain development (:func:`render`) as a 16-bit sRGB photo, upright."""
    return Photo(np.ascontiguousarray(upright(from_float(render(raw), np.uint16), raw.orientation)))


def developing(raw: RawPhoto) -> PhotoReader:
    """Reads parts of :func:`develop`'s photo; nothing but these is developed."""
    height, width = raw.mosaic.shape

    def stored(window: Window) -> NDArray[np.uint16]:
        around = window.grown(_DEMOSAIC_REACH, height, width)
        cells = Window(*(slice(side.start // 2 * 2, -(-side.stop // 2) * 2) for side in around))
        return from_float(render(raw.crop(*cells))[window.inside(cells)], np.uint16)

    return PhotoReader((height, width, 3), np.dtype(np.uint16), stored, raw.orientation)


def _pattern(raw: rawpy.RawPy, path: Path) -> str:
    """The phase of the mosaic's top left, of :data:`mosaic.PATTERNS`."""
    if raw.raw_type != rawpy.RawType.Flat or raw.raw_pattern is None or raw.raw_image.ndim != 2:
        kind = "holds no mosaic but an interpolated or three-layer picture (linear DNG, Foveon, sRAW)"
        raise PhotoError(f"{kind}.", path=path, remedy=_DEVELOP)
    if raw.raw_pattern.shape != (2, 2):
        shape = "×".join(map(str, raw.raw_pattern.shape))
        raise PhotoError(f"its color filters repeat every {shape} pixels (X-Trans).", path=path, remedy=_DEVELOP)
    names = raw.color_desc.decode()
    pattern = "".join(names[site] for site in raw.raw_pattern.flatten())
    if raw.num_colors != 3 or sorted(pattern) != ["B", "G", "G", "R"]:
        raise PhotoError(f"its color filters are {pattern}, expected a Bayer sensor.", path=path, remedy=_DEVELOP)
    return pattern


def _white_levels(raw: rawpy.RawPy) -> NDArray[np.float32]:
    """The value of white in each of LibRaw's four channels, in the units of the file."""
    levels = raw.camera_white_level_per_channel
    if levels is None or min(levels) <= max(raw.black_level_per_channel):
        levels = [raw.white_level] * 4
    return np.asarray(levels, dtype=np.float32)


def _white_balance(raw: rawpy.RawPy) -> NDArray[np.float64]:
    """As-shot gains of R, G, B over that of G; daylight's where the camera wrote none."""
    for gains in (raw.camera_whitebalance, raw.daylight_whitebalance):
        found = np.asarray(gains[:3], dtype=np.float64)
        if np.isfinite(found).all() and (found > 0).all():
            return found / found[1]
    return np.ones(3)


def _matrix(raw: rawpy.RawPy) -> NDArray[np.float64]:
    """White-balanced camera RGB to linear sRGB: the file's own, or that of LibRaw's table of cameras."""
    given = np.asarray(raw.color_matrix[:, :3], dtype=np.float64)
    sums = given.sum(axis=1, keepdims=True)
    return given / sums if (np.abs(sums) > 0.1).all() else np.eye(3)  # zeros: nothing is known
