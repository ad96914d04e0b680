"""Pixels in memory in, zoomed pixels out; from file to file see :mod:`opticalzoom.zooming.zoomer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from opticalzoom.engines.engine import Engine, as_engine
from opticalzoom.errors import ModelError, PhotoError
from opticalzoom.photo.photograph import Photo
from opticalzoom.photo.reader import PhotoReader, reading
from opticalzoom.photo.window import checked
from opticalzoom.weights.computing import MEMORY
from opticalzoom.zooming.enlarger import Enlarger, photo_enlarger
from opticalzoom.zooming.tiles import Progress, tile_shape, zoomed_bands

if TYPE_CHECKING:
    from opticalzoom.models.base import ZoomModel


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
        pixels: H×W×C, C = 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha); uint8, uint16, or float32 in [0, 1].
        icc: their colour profile.
        tile: largest side of a tile in pixels of the input; None for what is fastest with some 500 MB. The result
            doesn't depend on it.
        progress: see :data:`Progress`.

    Returns:
        sH×sW×C of the same dtype.

    Raises:
        ModelError: the model takes RAW input.
        PhotoError: pixels of another shape or dtype, or more than the memory holds.
        ConfigError: ``tile`` is below 1.
    """
    pixels = pixels if pixels.dtype == np.float32 else Photo(pixels).pixels
    engine = as_engine(model)
    if engine.contract.input == "raw":
        raise ModelError(
            "these weights take the mosaic of a RAW file.", remedy="Give the RAW file, or use weights for photos."
        )
    enlarger = photo_enlarger(engine, pixels.shape[2], icc)
    return _whole(reading(pixels), engine, enlarger, tile, pixels.dtype, progress)


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
