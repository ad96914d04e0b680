"""One photo or mosaic in, the zoomed photo out: tiles with overlap, so that memory stays bounded and no seam is left.

Tiles equal the untiled run: each is cut with as much around it as the network looks at, and at the photo's border
nothing is added, so that the network's own padding acts where it would without tiles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from torch import nn

from opticalzoom.engines import Engine, as_engine
from opticalzoom.errors import ModelError, PhotoError
from opticalzoom.models.contract import Contract
from opticalzoom.photo.camera_space import WhiteBalance, decode_picture, encode_mosaic
from opticalzoom.photo.colours import Colours
from opticalzoom.photo.image import Photo, from_float
from opticalzoom.photo.orientation import upright
from opticalzoom.photo.raw import RawPhoto
from opticalzoom.photo.window import Window, spans

TILE = 256
"""Side of a tile in pixels of photo or mosaic: overlaps cost a third more work, the paper's ×4 network about 1 GB."""

Progress = Callable[[int, int], None]
"""Called after every tile with the number of tiles done and of all tiles."""

_BICUBIC_REACH = 2
_MOSAIC = Colours(alpha=False)


def windows(height: int, width: int, tile: int) -> list[Window]:
    """Windows of nearly equal size, at most ``tile`` pixels a side, that cover height×width pixels exactly once.

    Raises:
        ConfigError: ``tile`` is below 1.
    """
    return [Window(rows, columns) for rows in spans(0, height, tile) for columns in spans(0, width, tile)]


def overlap(contract: Contract) -> int:
    """How many photo pixels (RAW: cells of 2×2) a tile needs around it so that its zoom equals that of the whole."""
    if contract.input == "resized":
        return math.ceil(contract.receptive_field / contract.scale) + _BICUBIC_REACH
    return contract.receptive_field


def zoom(
    model: nn.Module | Engine,
    pixels: np.ndarray,
    *,
    icc: bytes | None = None,
    tile: int = TILE,
    progress: Progress | None = None,
) -> np.ndarray:
    """Enlarge pixels by the model's scale, tile by tile, without alignment (the photo is its own reference).

    Grey is zoomed as RGB and averaged; alpha is enlarged bicubically, and what it hides is not looked at. Pixels in
    linear light are zoomed under sRGB's curve. Weights for ``resized`` input get every tile bicubically enlarged.
    Nothing but a tile is held as floats.

    Args:
        model: an engine, or a network as :class:`TorchEngine` takes it.
        pixels: H×W×C, C = 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha); uint8 or uint16.
        icc: their colour profile.
        tile: largest side of a tile in pixels of the input; the result doesn't depend on it.
        progress: see :data:`Progress`.

    Returns:
        sH×sW×C of the same dtype.

    Raises:
        ModelError: the model takes RAW input.
        PhotoError: pixels of another shape or dtype, or more than the memory holds.
        ConfigError: ``tile`` is below 1.
    """
    photo = Photo(pixels)
    engine = as_engine(model)
    contract = engine.contract
    if contract.input == "raw":
        raise ModelError(
            "these weights take the mosaic of a RAW file.", remedy="Give the RAW file, or use weights for photos."
        )
    height, width, channels = pixels.shape
    scale = contract.scale
    output = _allocate((height * scale, width * scale, channels), pixels.dtype)
    colours = Colours.of(channels, icc)
    for window, zoomed in _tiles(engine, pixels, colours, tile, progress):
        output[window][..., : zoomed.shape[2]] = from_float(colours.decode(zoomed), pixels.dtype)
    if photo.alpha is not None:
        size = width * scale, height * scale
        output[..., -1] = cv2.resize(np.ascontiguousarray(photo.alpha), size, interpolation=cv2.INTER_CUBIC)
    return output


def zoom_photo(photo: Photo, model: nn.Module | Engine, *, tile: int = TILE, progress: Progress | None = None) -> Photo:
    """A photo zoomed by :func:`zoom`, with its EXIF and colour profile.

    Raises:
        OpticalZoomError: as :func:`zoom`.
    """
    return photo.replace(zoom(model, photo.pixels, icc=photo.icc, tile=tile, progress=progress))


def zoom_raw(
    raw: RawPhoto,
    model: nn.Module | Engine,
    white_balance: WhiteBalance = "input",
    *,
    tile: int = TILE,
    progress: Progress | None = None,
) -> Photo:
    """A mosaic zoomed by the model's scale, without alignment, tile by tile.

    Args:
        raw: H×W mosaic.
        model: for RAW input; otherwise as in :func:`zoom`.
        white_balance: what the model was trained with.
        tile: largest side of a tile in pixels of the mosaic.
        progress: see :data:`Progress`.

    Returns:
        sH×sW×3 sRGB with 16 bits, upright, with the camera's as-shot white balance and colour matrix, no tone curve.

    Raises:
        ModelError: the model takes photos.
        PhotoError: more pixels than the memory holds.
        ConfigError: ``tile`` is below 2.
    """
    engine = as_engine(model)
    contract = engine.contract
    if contract.input != "raw":
        raise ModelError("these weights take photos.", remedy="Develop the RAW file first, or use weights for RAW.")
    height, width = raw.mosaic.shape
    output = _allocate((height * contract.scale, width * contract.scale, 3), np.dtype(np.uint16))
    for window, zoomed in _tiles(engine, encode_mosaic(raw, white_balance), _MOSAIC, tile // 2, progress):
        output[window] = from_float(decode_picture(zoomed, raw, white_balance), np.uint16)
    return Photo(np.ascontiguousarray(upright(output, raw.orientation)))


def _tiles(
    engine: Engine, pixels: np.ndarray, colours: Colours, tile: int, progress: Progress | None
) -> Iterator[tuple[Window, np.ndarray]]:
    """Where each zoomed tile goes, and the tile: h×w×C float32, not clipped."""
    margin, factor = overlap(engine.contract) + colours.reach, engine.contract.grid_factor
    height, width = pixels.shape[:2]
    tiles = windows(height, width, tile)
    for done, window in enumerate(tiles, start=1):
        cut = window.grown(margin, height, width)
        zoomed = _zoom_tile(engine, colours.encode(pixels[cut]))
        yield window.scaled(factor), zoomed[window.inside(cut).scaled(factor)]
        if progress:
            progress(done, len(tiles))


def _zoom_tile(engine: Engine, x: np.ndarray) -> np.ndarray:
    """h×w×C float32 (C = 1 or 3, or 4 of a packed mosaic) to the zoomed h×w×C (C = 1 or 3), not clipped."""
    contract = engine.contract
    grey = x.shape[2] == 1
    if contract.input == "resized":
        size = x.shape[1] * contract.scale, x.shape[0] * contract.scale
        x = cv2.resize(x, size, interpolation=cv2.INTER_CUBIC).reshape(*size[::-1], -1).clip(0, 1)
    image = engine((x.repeat(3, axis=2) if grey else x).transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)
    return image.mean(-1, keepdims=True) if grey else image


def _allocate(shape: tuple[int, int, int], dtype: np.dtype) -> np.ndarray:
    try:
        return np.empty(shape, dtype)
    except MemoryError as error:
        raise PhotoError(
            f"the zoomed photo would have {shape[1]}×{shape[0]} pixels, more than the memory holds.",
            remedy="Zoom a part of it.",
        ) from error
