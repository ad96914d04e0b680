"""Zooming in bands of tiles: what is in memory depends on the tile, the width and the network, not on the height.

Tiles equal the untiled run: each is cut with as much around it as the network looks at, and at the photo's border
nothing is added, so that the network's own padding acts where it would without tiles.

How large tiles may be follows from a given memory. Counted is what grows with tile and photo: what the network holds of
a tile, and the bands that are read and written. What Python, the libraries and the weights need comes on top.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from itertools import islice, product
from typing import NamedTuple

import numpy as np

from opticalzoom.errors import ConfigError
from opticalzoom.parallel.pipeline import ahead, at_once
from opticalzoom.photo.photograph import from_float
from opticalzoom.photo.reader import PhotoReader
from opticalzoom.photo.window import Window, grown, spans
from opticalzoom.weights.computing import LARGEST_TILE
from opticalzoom.zooming.enlarger import Enlarger

Progress = Callable[[int, int], None]
"""Called after every tile with the number of tiles done and of all tiles."""

SMALLEST = 16
"""Side of the smallest tile: at smaller ones overlaps cost ten times the work."""
_SIDES = range(SMALLEST, LARGEST_TILE + 1, 8)

_M_MMAP_THRESHOLD = -3  # of malloc.h
_BANDS_READ, _BANDS_WRITTEN = 4, 3
"""How many bands are in memory at once: of the photo two that are used, one that waits and one that is read or turned
upright; of the result one that is filled, one that waits and one that is encoded."""


def give_back_large_blocks(streams: int) -> None:
    """Have the C library return large blocks once they are freed, if it can be told so (glibc).

    Left to itself it keeps blocks of up to 32 MB in a heap for each thread, and with tiles of several sizes these grow
    to twice what is in use. New memory costs time, too: with one stream, whose heap is the only one, a layer of a tile
    in bfloat16 (16 MB) is kept, which makes PyTorch a fifth faster. This holds for the whole process.

    Args:
        streams: how many tiles are computed at once.
    """
    with suppress(AttributeError, TypeError, OSError):  # macOS, musl; Windows
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, (16 if streams == 1 else 4) << 20)


def tile_shape(
    memory: int,
    per_pixel: int,
    enlarger: Enlarger,
    window: tuple[int, int],
    photo: tuple[int, int, int],
    itemsize: int,
) -> tuple[int, int]:
    """Height and width of the tiles with which zooming is fastest and needs no more than ``memory`` bytes.

    Large tiles overlap little, but every stream has to have its share.

    Args:
        memory: in bytes.
        per_pixel: bytes that the network needs for a pixel of a tile.
        enlarger: what zooms.
        window: height and width of the part that is zoomed.
        photo: height, width and channels of the source.
        itemsize: bytes of a value of the source and of the result.

    Raises:
        ConfigError: it is too little even for small tiles.
    """
    factor, across = enlarger.factor, min(window[1] + 2 * enlarger.margin, photo[1])

    def cut(axis: int, count: int) -> int:
        """Height (axis 0) or width (1) in pixels of what is computed for one of ``count`` tiles, overlaps included."""
        borders = 2 if window[axis] < photo[axis] else min(count - 1, 2)
        return min(math.ceil(window[axis] / count) + borders * enlarger.margin, photo[axis])

    def needed(rows: int, columns: int) -> int:
        network = enlarger.streams * per_pixel * cut(0, rows) * cut(1, columns)
        read = _BANDS_READ * cut(0, rows) * across * photo[2] * itemsize
        band = math.ceil(window[0] / rows) * factor * window[1] * factor * enlarger.channels * itemsize
        return network + read + _BANDS_WRITTEN * band

    def seconds(counts: tuple[int, int]) -> int:
        """How long these tiles take, in the unit of the time that one pixel takes."""
        rows, columns = counts
        return math.ceil(rows * columns / enlarger.streams) * cut(0, rows) * cut(1, columns)

    rows, columns = ({math.ceil(length / side) for side in _SIDES} for length in window)
    fitting = [counts for counts in product(sorted(rows), sorted(columns)) if needed(*counts) <= memory]
    if not fitting:
        raise ConfigError(
            f"{memory / 1e6:.0f} MB are too little for this photo and network.",
            remedy=f"Allow at least {math.ceil(needed(max(rows), max(columns)) / 1e6)} MB.",
        )
    best = min(fitting, key=seconds)
    return math.ceil(window[0] / best[0]), math.ceil(window[1] / best[1])


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
    """Pixels that are zoomed at once, h×w×C, and where the tile is in them; the network only looks at the others."""

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
