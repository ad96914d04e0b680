"""Pictures that come in bands: full-width rows from top to bottom, any number at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from opticalzoom.photo.carried.kept import Kept
from opticalzoom.photo.window import Window


class Header(NamedTuple):
    """What is known of a picture before its pixels.

    Attributes:
        shape: H×W×C, C from 1 to 4 (grey, grey and alpha, RGB, RGB and alpha).
        dtype: uint8 or uint16.
        exif: the EXIF block, which may still give the size and orientation of another picture.
        icc: the ICC profile, which may be one for another kind of pixels (grey, RGB).
        kept: XMP, IPTC, resolution and texts.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype
    exif: bytes | None = None
    icc: bytes | None = None
    kept: Kept = Kept()


def regrouped(bands: Iterable[np.ndarray], rows: int) -> Iterator[np.ndarray]:
    """The same rows in bands of another height; the last band may have fewer rows.

    >>> [len(band) for band in regrouped([np.zeros((3, 2, 1)), np.zeros((4, 2, 1))], 5)]
    [5, 2]

    Args:
        bands: h×W×C each, any h.
        rows: of every band that leaves.
    """
    held: list[np.ndarray] = []
    missing = rows
    for band in bands:
        rest = band
        while len(rest):
            part, rest = rest[:missing], rest[missing:]
            held.append(part)
            missing -= len(part)
            if not missing:
                yield _joined(held)
                held, missing = [], rows
    if held:
        yield _joined(held)


def cut_out(bands: Iterable[np.ndarray], window: Window) -> Iterator[np.ndarray]:
    """The rows and columns of a window, band by band; what follows it is not asked for."""
    at = 0
    for band in bands:
        rows = slice(max(window.rows.start - at, 0), window.rows.stop - at)
        at += len(band)
        if at > window.rows.start:
            yield band[rows, window.columns]
        if at >= window.rows.stop:
            return


class Rows:
    """Any rows of a picture that comes in bands, as long as they are asked for from the top downwards.

    Args:
        bands: h×W×C each, any h.
    """

    def __init__(self, bands: Iterable[np.ndarray]) -> None:
        self._bands = iter(bands)
        self._held: list[np.ndarray] = []
        self._first = 0

    def read(self, rows: slice) -> np.ndarray:
        """These rows; neither start nor stop may lie above those of the call before."""
        while self._held and self._first + len(self._held[0]) <= rows.start:
            self._first += len(self._held.pop(0))
        while self._first + sum(map(len, self._held)) < rows.stop:
            self._held.append(next(self._bands))
        return _joined(self._held)[rows.start - self._first : rows.stop - self._first]


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
