"""Colours under transparent pixels, which nobody sees but networks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FILL_REACH, _FILL_SIGMA = 8, 2.5
"""How many pixels far colours are carried under transparent ones, which is most of what a network looks at and more
than a halo; and the standard deviation, in pixels, of the Gaussian that carries them."""


def filled(colour: Array, alpha: Array) -> Array:
    """The same colours, but those of fully transparent pixels are taken from visible pixels near them.

    Whatever is stored there, often black, would shine through along every edge of what is visible, as a network looks
    at the pixels on both sides of an edge.

    Args:
        colour: h×w×C.
        alpha: h×w in [0, 1].

    Returns:
        h×w×C; where alpha is above 0, and far from it, as it was.
    """
    side = 2 * FILL_REACH + 1
    weight, around = (
        cv2.GaussianBlur(plane, (side, side), _FILL_SIGMA).reshape(*alpha.shape, -1)
        for plane in (alpha, colour * alpha[..., None])
    )
    hidden = (alpha[..., None] == 0) & (weight > 0)
    return np.where(hidden, around / np.maximum(weight, np.finfo(np.float32).tiny), colour)
