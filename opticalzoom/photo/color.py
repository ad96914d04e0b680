"""sRGB's transfer curve, and the way between a camera's colours and sRGB's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def srgb_to_linear(encoded: Array) -> Array:
    """Linear light of sRGB values, both in [0, 1] (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear_to_srgb(linear: Array) -> Array:
    """sRGB values of linear light, clipped to [0, 1] (IEC 61966-2-1)."""
    clipped = np.clip(linear, 0, 1)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055).astype(np.float32)


def camera_to_srgb(camera: Array, matrix: NDArray[np.float64]) -> Array:
    """sRGB-encoded picture of linear, white-balanced camera colours.

    Args:
        camera: H×W×3, 1 is the sensor's white.
        matrix: 3×3, camera RGB to linear sRGB.

    Returns:
        H×W×3 in [0, 1]; colours that sRGB lacks are clipped.
    """
    return linear_to_srgb(camera @ matrix.T.astype(np.float32))


def srgb_to_camera(encoded: Array, matrix: NDArray[np.float64]) -> Array:
    """Linear, white-balanced camera colours of an sRGB-encoded picture, H×W×3; inverse of :func:`camera_to_srgb`."""
    return np.asarray(srgb_to_linear(encoded) @ np.linalg.inv(matrix).T.astype(np.float32), dtype=np.float32)
