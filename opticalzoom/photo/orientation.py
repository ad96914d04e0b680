"""EXIF orientations: between rows and columns as they are stored and the scene as it was seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opticalzoom.photo.window import Window

ORIENTATIONS = range(1, 9)
SIDEWAYS = range(5, 9)
"""Orientations in which rows of the scene are stored as columns."""

_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}
_MIRRORED_ROWS, _MIRRORED_COLUMNS = (3, 4, 6, 7), (2, 3, 7, 8)
"""Orientations in which what is upright counts stored rows, or stored columns, from the far end."""

_OF_FLIP = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}
"""EXIF orientation of each ``flip`` of LibRaw: 1 mirrors left and right, 2 top and bottom, 4 rows and columns."""


def orientation_of_flip(flip: int) -> int:
    """The EXIF orientation of a RAW file, from the ``flip`` that LibRaw gives; 1 for one that it does not document.

    >>> orientation_of_flip(5)
    8
    """
    return _OF_FLIP.get(flip, 1)


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation (1 to 8; others do nothing) to H×W×C pixels as stored; a view."""
    return _UPRIGHT.get(orientation, lambda a: a)(pixels)


def as_stored(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The inverse of :func:`upright`; a view."""
    return upright(pixels, {6: 8, 8: 6}.get(orientation, orientation))


def upright_size(height: int, width: int, orientation: int) -> tuple[int, int]:
    """Height and width of the upright scene, from those that are stored."""
    return (width, height) if orientation in SIDEWAYS else (height, width)


def stored_window(window: Window, orientation: int, height: int, width: int) -> Window:
    """Where an upright window is within height×width stored pixels."""
    rows, columns = window[::-1] if orientation in SIDEWAYS else window
    if orientation in _MIRRORED_ROWS:
        rows = slice(height - rows.stop, height - rows.start)
    if orientation in _MIRRORED_COLUMNS:
        columns = slice(width - columns.stop, width - columns.start)
    return Window(rows, columns)
