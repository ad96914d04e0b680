"""Coordinates of pixel centres when a picture is resized, and the corners of a picture.

Pixel centres have integer coordinates, so a picture of width W reaches from −½ to W − ½ and a resize scales about −½.
Points are (x, y), matrices 3×3 map (x, y, 1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def resize_matrix(step_y: float, step_x: float | None = None) -> NDArray[np.float64]:
    """The 3×3 float64 matrix from the pixels of one grid to those of another grid over the same picture.

    Args:
        step_y: pixels of the other grid per pixel of the first, along the rows; below 1 where the other is coarser.
        step_x: likewise along the columns; ``step_y`` by default.

    >>> resize_matrix(2.0) @ [0, 0, 1]
    array([0.5, 0.5, 1. ])
    """
    step_x = step_y if step_x is None else step_x
    return np.array([[step_x, 0, (step_x - 1) / 2], [0, step_y, (step_y - 1) / 2], [0, 0, 1]], np.float64)


def corners(height: int, width: int) -> NDArray[np.float64]:
    """The centres of the four corner pixels, 4×2 float64 (x, y), clockwise from the top left."""
    return np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float64)
