"""sRGB's transfer curve, and the way between a camera's colours and sRGB's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Matrix = NDArray[np.float64]

_TO_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
"""Linear sRGB to CIE XYZ (D65), IEC 61966-2-1."""


def srgb_to_linear(encoded: Array) -> Array:
    """Linear light of sRGB values, both in [0, 1] (IEC 61966-2-1).

    >>> [f"{value:.3f}" for value in srgb_to_linear(np.array([0, 0.5, 1], np.float32))]
    ['0.000', '0.214', '1.000']
    """
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear_to_srgb(linear: Array) -> Array:
    """sRGB values of linear light, clipped to [0, 1] (IEC 61966-2-1).

    >>> [f"{value:.3f}" for value in linear_to_srgb(np.array([-1, 0.5, 2], np.float32))]
    ['0.000', '0.735', '1.000']
    """
    clipped = np.clip(linear, 0, 1)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055).astype(np.float32)


def camera_to_srgb(camera: Array, matrix: Matrix) -> Array:
    """sRGB-encoded picture of linear, white-balanced camera colours.

    Args:
        camera: H×W×3, 1 is the sensor's white.
        matrix: 3×3, camera RGB to linear sRGB.

    Returns:
        H×W×3 in [0, 1]; colours that sRGB lacks are clipped.
    """
    return linear_to_srgb(camera @ matrix.T.astype(np.float32))


def srgb_to_camera(encoded: Array, matrix: Matrix) -> Array:
    """Linear, white-balanced camera colours of an sRGB-encoded picture, H×W×3; inverse of :func:`camera_to_srgb`."""
    return np.asarray(srgb_to_linear(encoded) @ np.linalg.inv(matrix).T.astype(np.float32), dtype=np.float32)


def matrix_from_xyz(from_xyz: Matrix) -> Matrix:
    """Linear, white-balanced camera RGB to linear sRGB, 3×3, of a DNG's ColorMatrix (CIE XYZ to camera RGB, D65)."""
    to_camera = from_xyz @ _TO_XYZ
    return np.asarray(np.linalg.inv(to_camera / to_camera.sum(axis=1, keepdims=True)))


def xyz_from_matrix(matrix: Matrix) -> Matrix:
    """A DNG's ColorMatrix that gives this camera matrix; inverse of :func:`matrix_from_xyz`."""
    return np.asarray(np.linalg.inv(matrix) @ np.linalg.inv(_TO_XYZ))
