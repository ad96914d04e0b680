"""Displacement fields on numpy images: build, compose, invert, apply.

A displacement field is H×W×2 float32, (dy, dx) in pixels of the image it indexes: the result at p is
sampled from p + d(p). Pixel centres have integer coordinates. Homographies are 3×3 float64 and map
(x, y, 1) of the result to the image that is sampled, OpenCV's order.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.registration.resize import resize_matrix

Field = NDArray[np.float32]
Image = NDArray[Any]

_INVERSE_STEPS = 20


def projected(homography: NDArray[np.float64], y: Image, x: Image) -> tuple[Image, Image]:
    """Where a homography puts the points (y, x), as (y, x)."""
    h = homography
    w = h[2, 0] * x + h[2, 1] * y + h[2, 2]
    return (h[1, 0] * x + h[1, 1] * y + h[1, 2]) / w, (h[0, 0] * x + h[0, 1] * y + h[0, 2]) / w


def within(y: Image, x: Image, height: int, width: int) -> NDArray[np.bool_]:
    """True where (y, x) lies between the pixel centres of an image of height×width pixels."""
    return np.asarray((y >= 0) & (y <= height - 1) & (x >= 0) & (x <= width - 1))


def homography_field(homography: NDArray[np.float64], height: int, width: int) -> Field:
    """Displacement field, height×width×2, of a homography."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    to_y, to_x = projected(homography, y, x)
    return np.stack((to_y - y, to_x - x), axis=-1).astype(np.float32)


def scaled_homography(homography: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """The same homography between images enlarged by ``factor`` (pixel centres at integer + ½ line up)."""
    enlarge = resize_matrix(factor)
    return np.asarray(enlarge @ homography @ np.linalg.inv(enlarge))


def sample(
    image: Image, field: Field, *, interpolation: int = cv2.INTER_LANCZOS4, border: int = cv2.BORDER_REFLECT_101
) -> Image:
    """``image`` at p + field(p): size of the field, dtype and channels of the image."""
    height, width = field.shape[:2]
    map_x = field[..., 1] + np.arange(width, dtype=np.float32)
    map_y = field[..., 0] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(cv2.remap(image, map_x, map_y, interpolation, borderMode=border))


def inside(field: Field, height: int, width: int) -> NDArray[np.bool_]:
    """True where p + field(p) falls inside an image of height×width pixels."""
    y = field[..., 0] + np.arange(field.shape[0], dtype=np.float32)[:, None]
    x = field[..., 1] + np.arange(field.shape[1], dtype=np.float32)
    return within(y, x, height, width)


def compose(first: Field, second: Field) -> Field:
    """The field that equals sampling by ``first`` and then sampling that result by ``second``: d₂ + d₁(p + d₂)."""
    moved = sample(first, second, interpolation=cv2.INTER_LINEAR, border=cv2.BORDER_REPLICATE)
    return np.asarray(second + moved, dtype=np.float32)


def invert(field: Field) -> Field:
    """The field r with r(p) = −d(p + r(p)), by fixed-point iteration (for displacements that vary slowly)."""
    inverse = -field
    for _ in range(_INVERSE_STEPS):
        inverse = -sample(field, inverse, interpolation=cv2.INTER_LINEAR, border=cv2.BORDER_REPLICATE)
    return np.asarray(inverse, dtype=np.float32)


def shrink(image: Image, factor: float) -> Image:
    """Averaged down to a ``factor``-th of the sides, at least one pixel."""
    height, width = (max(1, round(side / factor)) for side in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
