"""Pixels in memory in, zoomed pixels out; from file to file see :mod:`opticalzoom.zooming.zoomer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from opticalzoom.engines.engine import Engine, as_engine
from opticalzoom.errors import ModelError, PhotoError, ShapeError
from opticalzoom.photo.photograph import Photo
from opticalzoom.photo.reader import PhotoReader, reading
from opticalzoom.photo.window import checked
from opticalzoom.weights.computing import MEMORY
from opticalzoom.zooming.enlarger import Enlarger, photo_enlarger
from opticalzoom.zooming.tiles import Progress, tile_shape, zoomed_bands

if TYPE_CHECKING:
    from opticalzoom.models.base import ZoomModel


_OVERSHOOT = 0.25
"""What single floats may lie beyond [0, 1], as resampling along edges makes them."""
_SLIGHT, _FEW = 0.05, 0.05
"""What not more than this share of them may lie beyond it: whole parts of a picture there are of another range."""


def zoom(
    model: ZoomModel | Engine,
    pixels: np.ndarray,
    *,
    icc: bytes | None = None,
    tile: int | None = None,
    progress: Progress | None = None,
) -> np.ndarray:
    """Enlarge pixels by the model's scale, tile by tile, without alignment (the photo is its own reference).

    Grey is zoomed as RGB and averaged; alpha is enlarged bicubically, and what it hides is not looked at. Pixels in
    linear light are zoomed under sRGB's curve. Weights for ``resized`` input get every tile bicubically enlarged.
    Nothing but a tile is held as floats.

    Args:
        model: an engine, or a network as :class:`TorchEngine` takes it.
        pixels: H×W×C, C = 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha); uint8, uint16, or float32 in [0, 1],
            in any byte order and of any subclass of ndarray.
        icc: their colour profile.
        tile: largest side of a tile in pixels of the input; None for what is fastest with some 500 MB. The result
            doesn't depend on it.
        progress: see :data:`Progress`.

    Returns:
        sH×sW×C of the same dtype, a plain array in the processor's byte order.

    Raises:
        ModelError: the model takes RAW input.
        PhotoError: pixels of another shape, dtype or range, or with a mask; or more than the memory holds.
        ShapeError: floats of another shape.
        ConfigError: ``tile`` is below 1.
    """
    pixels = plain_array(pixels)
    if pixels.dtype == np.float32:
        _check_floats(pixels)
    else:
        pixels = Photo(pixels).pixels
    engine = as_engine(model)
    if engine.contract.input == "raw":
        raise ModelError(
            "these weights take the mosaic of a RAW file.", remedy="Give the RAW file, or use weights for photos."
        )
    enlarger = photo_enlarger(engine, pixels.shape[2], icc)
    return _whole(reading(pixels), engine, enlarger, tile, pixels.dtype, progress)


def plain_array(array: np.ndarray) -> np.ndarray:
    """The same numbers as an array of NumPy's own class (no matrix) in the processor's byte order.

    Raises:
        PhotoError: some of them are masked.
    """
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        remedy = "Fill them, as by array.filled(0)."
        raise PhotoError("the array is masked, and masked pixels have no value.", remedy=remedy)
    plain = np.asarray(array)
    return plain.astype(plain.dtype.newbyteorder("="), copy=False)


def _check_floats(pixels: np.ndarray) -> None:
    shape = pixels.shape
    if len(shape) != 3 or not 1 <= shape[-1] <= 4 or 0 in shape:
        raise ShapeError(f"the image has the shape {shape}, expected H×W×C with C from 1 to 4 and no side of 0.")
    low, high = float(pixels.min()), float(pixels.max())
    inside = -_OVERSHOOT <= low <= high <= 1 + _OVERSHOOT  # false for NaN too
    if inside and (low < -_SLIGHT or high > 1 + _SLIGHT):
        inside = np.mean(np.abs(pixels - np.float32(0.5)) > 0.5 + _SLIGHT) <= _FEW
    if not inside:
        remedy = "Bring them there: values from -1 to 1 by (image + 1) / 2, others by dividing by the largest value."
        raise PhotoError(f"the values go from {low:g} to {high:g}, expected [0, 1].", remedy=remedy)


def _whole(
    reader: PhotoReader,
    engine: Engine,
    enlarger: Enlarger,
    tile: int | None,
    dtype: np.dtype,
    progress: Progress | None,
) -> np.ndarray:
    height, width, _ = reader.shape
    output = _allocate((height * enlarger.factor, width * enlarger.factor, enlarger.channels), dtype)
    sides = (
        tile_shape(MEMORY, engine.bytes_per_pixel, enlarger, (height, width), reader.shape, dtype.itemsize)
        if tile is None
        else (tile, tile)
    )
    at = 0
    for band in zoomed_bands(reader, enlarger, checked(None, height, width), sides, dtype, progress):
        output[at : at + len(band)] = band
        at += len(band)
    return output


def _allocate(shape: tuple[int, int, int], dtype: np.dtype) -> np.ndarray:
    try:
        return np.empty(shape, dtype)
    except MemoryError as error:
        raise PhotoError(
            f"the zoomed photo would have {shape[1]}×{shape[0]} pixels, more than the memory holds.",
            remedy="Zoom a part of it.",
        ) from error
