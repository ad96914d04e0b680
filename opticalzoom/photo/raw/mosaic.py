"""Bayer mosaics as arrays: their phase, packing, and interpolation to RGB."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import PhotoError, ShapeError

PATTERNS = ("RGGB", "GRBG", "GBRG", "BGGR")
"""Colours of the first two rows and columns, row by row: the four phases of a Bayer mosaic."""
_CHANNEL_OF_SITE = np.array([[0, 1], [1, 2]])
_GREEN = np.array([[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]])
_ALONG = np.array([[0, 0, 0.5, 0, 0], [0, -1, 0, -1, 0], [-1, 4, 5, 4, -1], [0, -1, 0, -1, 0], [0, 0, 0.5, 0, 0]])
_DIAGONAL = np.array([[0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]])
_MALVAR = (_GREEN, _ALONG, _ALONG.T, _DIAGONAL)
"""Kernels of Malvar et al., Fig. 2, times 8: green at R and B, a colour from its row, from its column, diagonally."""


def start_at_red(mosaic: NDArray[Any], pattern: str) -> NDArray[Any]:
    """The largest part of a mosaic that starts R G / G B and has even sides; a view.

    Args:
        mosaic: H×W, any dtype.
        pattern: one of :data:`PATTERNS`.

    Raises:
        PhotoError: another pattern, or less than one whole cell left.
    """
    if pattern not in PATTERNS:
        raise PhotoError(f"the mosaic's pattern is {pattern!r}, expected one of {', '.join(PATTERNS)}.")
    row, column = divmod(pattern.index("R"), 2)
    height, width = ((side - start) // 2 * 2 for side, start in zip(mosaic.shape, (row, column), strict=True))
    if min(height, width) < 2:
        raise PhotoError(f"the mosaic has {mosaic.shape[0]}×{mosaic.shape[1]} pixels, less than one cell R G / G B.")
    return mosaic[row : row + height, column : column + width]


def pack(mosaic: NDArray[Any]) -> NDArray[Any]:
    """H/2×W/2×4 from an H×W mosaic: R, G on R's row, G on B's row, B; any dtype.

    >>> pack(np.array([[1, 2], [3, 4]])).tolist()
    [[[1, 2, 3, 4]]]

    Raises:
        ShapeError: odd sides.
    """
    if mosaic.ndim != 2 or mosaic.shape[0] % 2 or mosaic.shape[1] % 2:
        raise ShapeError(f"the mosaic has shape {mosaic.shape}, expected H×W with even sides.")
    return np.stack((mosaic[::2, ::2], mosaic[::2, 1::2], mosaic[1::2, ::2], mosaic[1::2, 1::2]), axis=2)


def unpack(packed: NDArray[Any]) -> NDArray[Any]:
    """The mosaic of a packed one, H×W from H/2×W/2×4: exactly what :func:`pack` was given."""
    height, width, _ = packed.shape
    return packed.reshape(height, width, 2, 2).transpose(0, 2, 1, 3).reshape(2 * height, 2 * width)


def channel_gains(gains: NDArray[np.float64], height: int, width: int) -> NDArray[np.float32]:
    """The gain of every site of an H×W mosaic, from those of R, G and B."""
    cell = gains[_CHANNEL_OF_SITE].astype(np.float32)
    return np.tile(cell, (height // 2, width // 2))


def mosaic_of(picture: NDArray[Any]) -> NDArray[Any]:
    """H×W mosaic R G / G B of an H×W×3 picture with even sides: of every pixel the colour that its site sees."""
    height, width, _ = picture.shape
    sites = np.tile(_CHANNEL_OF_SITE, (height // 2, width // 2))
    return np.take_along_axis(picture, sites[..., None], axis=2)[..., 0]


def demosaic(mosaic: NDArray[np.float32]) -> NDArray[np.float32]:
    """H×W×3 from a mosaic R G / G B, not clipped: gradient-corrected linear interpolation, kept where it was measured.

    Source: Malvar, He, Cutler, "High-quality linear interpolation for demosaicing of Bayer-patterned color images",
    ICASSP 2004, https://doi.org/10.1109/ICASSP.2004.1326587. OpenCV's edge-aware one was 3 dB worse on a sharp photo.
    """
    at_red_blue, along, across, diagonal = (
        cv2.filter2D(mosaic, -1, kernel / 8, borderType=cv2.BORDER_REFLECT_101)  # which keeps the phase
        for kernel in _MALVAR
    )
    colors = [mosaic.copy() for _ in range(3)]
    red, blue, green = 0, 2, 1
    for row, column, own, other in ((0, 0, red, blue), (1, 1, blue, red)):
        site = slice(row, None, 2), slice(column, None, 2)
        colors[green][site] = at_red_blue[site]
        colors[other][site] = diagonal[site]
        beside = slice(row, None, 2), slice(1 - column, None, 2)  # green, with this row's colour left and right
        colors[own][beside] = along[beside]
        colors[other][beside] = across[beside]
    return np.asarray(cv2.merge(colors), dtype=np.float32)
