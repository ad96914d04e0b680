"""What zooms parts of one photo: pixels as they are read -> what a network takes -> the zoomed part, as floats."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from opticalzoom.engines.engine import Engine
from opticalzoom.photo.colour.tone import linear_tone
from opticalzoom.photo.colour.transparency import FILL_REACH, filled
from opticalzoom.photo.orientation import as_stored, upright
from opticalzoom.photo.photograph import to_float
from opticalzoom.photo.raw.camera_space import WhiteBalance, decode_picture
from opticalzoom.photo.raw.raw_file import RawPhoto
from opticalzoom.weights.contract import Contract

_BICUBIC_REACH = 2
"""Pixels on each side that bicubic interpolation looks at."""


@dataclass(frozen=True)
class Enlarger:
    """What zooms parts of one photo.

    Attributes:
        zoom: h×w×C pixels as they are read, to fh×fw×C' float32, nominally in [0, 1] (not clipped).
        factor: f.
        channels: C'.
        margin: how many pixels around a part its zoom depends on.
        streams: how many parts to zoom at once.
    """

    zoom: Callable[[np.ndarray], np.ndarray]
    factor: int
    channels: int
    margin: int
    streams: int = 1


def overlap(contract: Contract) -> int:
    """How many photo pixels (RAW: cells of 2×2) a tile needs around it so that its zoom equals that of the whole."""
    if contract.input == "resized":
        return math.ceil(contract.receptive_field / contract.scale) + _BICUBIC_REACH
    return contract.receptive_field


def photo_enlarger(engine: Engine, channels: int, icc: bytes | None) -> Enlarger:
    """For photos.

    Args:
        engine: for RGB or resized input.
        channels: 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha).
        icc: colour profile of the pixels.
    """
    alpha, tone, scale = channels in (2, 4), linear_tone(icc), engine.contract.scale

    def zoom(pixels: np.ndarray) -> np.ndarray:
        values = to_float(pixels)
        colour = values[..., :-1] if alpha else values
        colour = tone.encode(colour) if tone else colour  # networks know pictures under sRGB's curve
        zoomed = _zoom(engine, filled(colour, values[..., -1]) if alpha else colour)
        zoomed = tone.decode(zoomed) if tone else zoomed
        return np.concatenate([zoomed, _bicubic(values[..., -1], scale)], axis=2) if alpha else zoomed

    margin = overlap(engine.contract) + (FILL_REACH if alpha else 0)  # which is more than bicubic interpolation needs
    return Enlarger(zoom, scale, channels, margin, engine.streams)


def mosaic_enlarger(engine: Engine, raw: RawPhoto, white_balance: WhiteBalance) -> Enlarger:
    """For the cells of a packed mosaic, turned upright; the result is an upright sRGB picture.

    Args:
        engine: for RAW input.
        raw: whose colours and orientation count.
        white_balance: what the model was trained with.
    """

    def zoom(cells: np.ndarray) -> np.ndarray:
        sensor = to_float(as_stored(cells, raw.orientation))  # where the network learned which place has which colour
        return upright(decode_picture(_zoom(engine, sensor), raw, white_balance), raw.orientation)

    return Enlarger(zoom, engine.contract.grid_factor, 3, overlap(engine.contract), engine.streams)


def _zoom(engine: Engine, x: np.ndarray) -> np.ndarray:
    """h×w×C float32 (C = 1 or 3, or 4 of a packed mosaic) to the zoomed h×w×C (C = 1 or 3), not clipped."""
    grey = x.shape[2] == 1
    if engine.contract.input == "resized":
        x = _bicubic(x, engine.contract.scale).clip(0, 1)
    image = engine((x.repeat(3, axis=2) if grey else x).transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)
    return image.mean(-1, keepdims=True) if grey else image


def _bicubic(values: np.ndarray, scale: int) -> np.ndarray:
    """h×w or h×w×C float32, enlarged: sh×sw×C."""
    size = values.shape[1] * scale, values.shape[0] * scale
    enlarged = cv2.resize(np.ascontiguousarray(values), size, interpolation=cv2.INTER_CUBIC)
    return enlarged.reshape(*size[::-1], -1)
