"""Registration in pictures: two shots laid on each other, and fields of displacements as colours.

All images are H×W×3 RGB uint8.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import ShapeError
from opticalzoom.pages.pictures import Picture, beside, label, magnify

LEAST_LIMIT = 0.1
"""Pixels: the least length that gets full colour, so that the noise of a field without motion stays pale."""


def overlay(first: Picture, second: Picture) -> Picture:
    """Grey where two pictures agree; ``first`` darker shows cyan, ``second`` darker shows red.

    Raises:
        ShapeError: the pictures differ in size.
    """
    if first.shape != second.shape:
        raise ShapeError(f"cannot overlay pictures of {first.shape[:2]} and {second.shape[:2]} pixels.")
    red, cyan = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (first, second))
    return np.stack([red, cyan, cyan], axis=-1)


def flow_wheel(offset: NDArray[np.floating], limit: float | None = None) -> Picture:
    """An offset field in colours: hue is the direction, saturation the length (white: none, full: ``limit``).

    Args:
        offset: H×W×2, (dy, dx) in pixels.
        limit: length in pixels that gets full saturation; by default :func:`flow_limit`.
    """
    dy, dx = offset[..., 0].astype(np.float32), offset[..., 1].astype(np.float32)
    length, angle = cv2.cartToPolar(dx, dy, angleInDegrees=True)
    saturation = np.minimum(length / (limit or flow_limit(offset)), 1)
    hsv = np.stack([angle % 360, saturation, np.ones_like(saturation)], axis=-1)
    rgb = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    return np.round(rgb * 255).astype(np.uint8)


def flow_limit(offset: NDArray[np.floating]) -> float:
    """The 99th percentile of an H×W×2 field's lengths in pixels, so that a few outliers don't pale the rest."""
    return max(float(np.percentile(np.hypot(offset[..., 0], offset[..., 1]), 99)), LEAST_LIMIT)


def flow_picture(offset: NDArray[np.floating], limit: float | None = None) -> Picture:
    """:func:`flow_wheel` with its legend at the right, small fields magnified to at least 256 rows."""
    limit = limit or flow_limit(offset)
    colours = flow_wheel(offset, limit)
    return beside([magnify(colours, max(1, -(-256 // len(colours)))), _flow_legend(limit)])


def _flow_legend(limit: float, side: int = 128) -> Picture:
    """A wheel of all directions, its rim ``limit`` pixels from the centre."""
    axis = np.linspace(-1.0, 1.0, side)
    offset = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1) * limit
    wheel = flow_wheel(offset, limit)
    wheel[np.hypot(offset[..., 0], offset[..., 1]) > limit] = 255
    return label(wheel, f"rim: {limit:.1f} px")
