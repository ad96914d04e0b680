"""Zooming in bands of tiles: what is in memory depends on the tile, the width and the network, not on the height.

Tiles equal the untiled run: each is cut with as much around it as the network looks at, and at the photo's border
nothing is added, so that the network's own padding acts where it would without tiles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import cv2
import numpy as np

from opticalzoom.engines.engine import Engine
from opticalzoom.parallel.pipeline import ahead, at_once
from opticalzoom.photo.colour.pixels import Colours
from opticalzoom.photo.orientation import as_stored, upright
from opticalzoom.photo.photograph import from_float, to_float
from opticalzoom.photo.raw.camera_space import WhiteBalance, decode_picture
from opticalzoom.photo.raw.raw_file import RawPhoto
from opticalzoom.photo.reader import PhotoReader
from opticalzoom.photo.window import Window, grown, spans
from opticalzoom.weights.contract import Contract

Progress = Callable[[int, int], None]
"""Called after every tile with the number of tiles done and of all tiles."""

_BICUBIC_REACH = 2


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
    scale, colours = engine.contract.scale, Colours.of(channels, icc)

    def zoom(pixels: np.ndarray) -> np.ndarray:
        zoomed = colours.decode(_zoom(engine, colours.encode(pixels)))
        if not colours.alpha:
            return zoomed
        alpha = to_float(np.ascontiguousarray(pixels[..., -1]))
        size = alpha.shape[1] * scale, alpha.shape[0] * scale
        return np.concatenate([zoomed, cv2.resize(alpha, size, interpolation=cv2.INTER_CUBIC)[..., None]], axis=2)

    margin = overlap(engine.contract) + colours.reach
    return Enlarger(zoom, scale, channels, max(margin, _BICUBIC_REACH) if colours.alpha else margin, engine.streams)


def mosaic_enlarger(engine: Engine, raw: RawPhoto, white_balance: WhiteBalance) -> Enlarger:
    """For the cells of a packed mosaic, turned upright; the result is an upright sRGB picture.

    Args:
        engine: for RAW input.
        raw: whose colours and orientation count.
        white_balance: what the model was trained with.
    """

    def zoom(cells: np.ndarray) -> np.ndarray:
        sensor = to_float(as_stored(cells, raw.orientation))  # what a network learned of colours' places holds there
        return upright(decode_picture(_zoom(engine, sensor), raw, white_balance), raw.orientation)

    return Enlarger(zoom, engine.contract.grid_factor, 3, overlap(engine.contract), engine.streams)


def zoomed_bands(
    reader: PhotoReader,
    enlarger: Enlarger,
    window: Window,
    tile: tuple[int, int],
    dtype: np.dtype,
    progress: Progress | None = None,
) -> Generator[np.ndarray, None, None]:
    """A part of a photo, zoomed, in bands from the top; the next band is computed while one is used.

    Args:
        reader: of the photo.
        enlarger: what zooms it.
        window: the part; what is around it is looked at as well.
        tile: largest height and width of a tile, in pixels of the photo; the result doesn't depend on it.
        dtype: of the result, see :func:`~opticalzoom.photo.photograph.from_float`.
        progress: see :data:`Progress`.

    Yields:
        h×W×C.

    Raises:
        ConfigError: a side of ``tile`` is below 1.
        PhotoError: the photo cannot be read.
    """
    rows, columns = (spans(side.start, side.stop, most) for side, most in zip(window, tile, strict=True))
    total, done = len(rows) * len(columns), 0

    def zoomed(cut: _Cut) -> np.ndarray:
        return from_float(enlarger.zoom(cut.pixels)[cut.inside.scaled(enlarger.factor)], dtype)

    cuts = _cuts(reader, enlarger.margin, rows, columns)
    with closing(at_once(zoomed, cuts, enlarger.streams, len(columns))) as tiles:
        for span in rows:
            shape = Window(span, window.columns).scaled(enlarger.factor).shape
            band = np.empty((*shape, enlarger.channels), dtype)
            at = 0
            for part in islice(tiles, len(columns)):
                band[:, at : at + part.shape[1]] = part
                at += part.shape[1]
                done += 1
                if progress:
                    progress(done, total)
            yield band


class _Cut(NamedTuple):
    """Pixels that are zoomed at once, and the tile in them; the others are only looked at."""

    pixels: np.ndarray
    inside: Window


def _cuts(reader: PhotoReader, margin: int, rows: list[slice], columns: list[slice]) -> Iterator[_Cut]:
    """What is computed for each tile, row by row; the next rows are read while earlier ones are used."""
    height, width, _ = reader.shape
    across = grown(slice(columns[0].start, columns[-1].stop), margin, width)
    with closing(ahead(reader.read(grown(span, margin, height), across) for span in rows)) as strips:
        for span, strip in zip(rows, strips, strict=True):
            whole = Window(grown(span, margin, height), across)
            for part in (Window(span, its) for its in columns):
                cut = part.grown(margin, height, width)
                yield _Cut(strip[cut.inside(whole)], part.inside(cut))


def _zoom(engine: Engine, x: np.ndarray) -> np.ndarray:
    """h×w×C float32 (C = 1 or 3, or 4 of a packed mosaic) to the zoomed h×w×C (C = 1 or 3), not clipped."""
    contract = engine.contract
    grey = x.shape[2] == 1
    if contract.input == "resized":
        size = x.shape[1] * contract.scale, x.shape[0] * contract.scale
        x = cv2.resize(x, size, interpolation=cv2.INTER_CUBIC).reshape(*size[::-1], -1).clip(0, 1)
    image = engine((x.repeat(3, axis=2) if grey else x).transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)
    return image.mean(-1, keepdims=True) if grey else image
