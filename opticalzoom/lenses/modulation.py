"""Contrast over spatial frequency of a point spread: MTF, MTF50, and how far one colour lies from another.

Frequencies are in cycles per pixel of X: 0.5 is what its grid can hold (Nyquist). What a lens passes above it shows as
aliasing, and is measured as well, since Y resolves it. Everything is relative to Y.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FREQUENCIES: Array = np.arange(101) / 100
"""Of every curve, cycles per pixel of X."""

_DIRECTIONS = np.arange(8) * np.pi / 8  # over which a curve without a direction is the mean
_SLOPE = np.array([0.05, 0.1, 0.15, 0.2])  # cycles per pixel of X: where phases tell a displacement


def mtf(kernels: NDArray[np.floating], scale: int, direction: float | None = None) -> Array:
    """The modulation transfer function: contrast that is left of a sine wave, 1 at frequency 0.

    Args:
        kernels: ...×n×n on Y's grid, centred.
        scale: Y over X.
        direction: in which the wave varies, radians from the rows' direction towards the bottom; None for the mean over
            all directions.

    Returns:
        ...×101, at :data:`FREQUENCIES`.
    """
    directions = _DIRECTIONS if direction is None else np.array([direction])
    curves = [
        np.abs(_transfer(kernels, scale, FREQUENCIES * np.sin(angle), FREQUENCIES * np.cos(angle)))
        for angle in directions
    ]
    curve = np.mean(curves, axis=0)
    return np.asarray(curve / curve[..., :1])


def mtf50(curves: NDArray[np.floating]) -> Array:
    """The frequency at which contrast first falls to half: photographers' one number for sharpness.

    Args:
        curves: ...×101 of :func:`mtf`.

    Returns:
        ..., cycles per pixel of X; 1, the last frequency, where it does not fall so far.

    >>> float(mtf50(1 - FREQUENCIES))
    0.5
    """
    below = curves <= 0.5
    after = np.maximum(np.argmax(below, axis=-1), 1)
    above = np.take_along_axis(curves, after[..., None] - 1, axis=-1)[..., 0]
    under = np.take_along_axis(curves, after[..., None], axis=-1)[..., 0]
    step = (above - 0.5) / np.maximum(above - under, 1e-12)
    found = FREQUENCIES[after - 1] + step * FREQUENCIES[1]
    return np.where(below.any(axis=-1), found, FREQUENCIES[-1])


def displacement(kernels: NDArray[np.floating], reference: NDArray[np.floating], scale: int) -> Array:
    """How far one point spread lies from another, by the slope of their phases at low frequencies.

    Unlike the difference of their centroids, it does not depend on what is far from the middle and mostly noise.

    Args:
        kernels: ...×n×n on Y's grid.
        reference: likewise, for green.
        scale: Y over X.

    Returns:
        ...×2, (dy, dx) in pixels of X: the picture through ``kernels`` at p shows what the one through ``reference``
        shows at p + (dy, dx).
    """
    found = []
    for axis in range(2):
        at = [_SLOPE * 0, _SLOPE * 0]
        at[axis] = _SLOPE
        crossed = _transfer(kernels, scale, *at) * np.conj(_transfer(reference, scale, *at))
        weight = np.abs(crossed) ** 2
        turns = np.angle(crossed) / (2 * np.pi)
        found.append((weight * turns * _SLOPE).sum(axis=-1) / (weight * _SLOPE**2).sum(axis=-1))
    return np.stack(found, axis=-1)


def _transfer(kernels: NDArray[np.floating], scale: int, down: Array, right: Array) -> NDArray[np.complex128]:
    """What becomes of waves exp(2πi(fy + fx)) behind kernels that are correlated, ...×frequencies."""
    size = kernels.shape[-1]
    place = (np.arange(size) - (size - 1) / 2) / scale
    rows, columns = (np.exp(2j * np.pi * np.outer(frequency, place)) for frequency in (down, right))
    return np.asarray(np.einsum("fy,...yx,fx->...f", rows, kernels, columns, optimize=True))
