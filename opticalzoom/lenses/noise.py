"""Noise over brightness: what X varies by where Y, through the lens, is flat.

In display values, after all that the camera did. Slow variation is taken out, so noise that JPEG or the camera's
denoising spread over more than a few pixels counts in part only.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import ShapeError
from opticalzoom.lenses.normal_equations import eroded

Image = NDArray[np.float32]
Array = NDArray[np.float64]

BRIGHTNESS: Array = (np.arange(12) + 0.5) / 12
"""Middles of the bins, display values."""

_WINDOW = 5  # pixels of X and side; slow variation is the mean over it
_FLAT = 3 / 255  # standard deviation of what is expected in a window, at most: display values
_FEWEST = 100  # pixels in a bin


@dataclass(frozen=True, eq=False)
class NoiseSums:
    """Squared deviations of flat pixels in every bin of brightness; those of pairs can be added.

    Attributes:
        squares: 3×bins, display values squared.
        counts: 3×bins, pixels.
    """

    squares: Array
    counts: Array

    def __add__(self, other: NoiseSums) -> NoiseSums:
        return NoiseSums(self.squares + other.squares, self.counts + other.counts)

    def curve(self) -> tuple[Array, Array]:
        """Standard deviation and doubt (standard error) at :data:`BRIGHTNESS`, 3×bins each, display values.

        A bin with too few pixels has what lies between its neighbours, and that much doubt; a colour without any flat
        pixels has 0 with a doubt of 1: it may be anything.
        """
        enough = self.counts >= _FEWEST
        within = 1 - 1 / _WINDOW**2  # a pixel is part of the mean that was taken out
        measured = np.sqrt(self.squares / np.maximum(self.counts, 1) / within)
        deviation, doubt = np.zeros_like(measured), np.ones_like(measured)
        for colour, known in enumerate(enough):
            if known.any():
                deviation[colour] = np.interp(BRIGHTNESS, BRIGHTNESS[known], measured[colour, known])
                relative = np.where(known, 1 / np.sqrt(2 * np.maximum(self.counts[colour], 1)), 1)
                doubt[colour] = deviation[colour] * relative
        return deviation, doubt


def noise_sums(x: Image, expected: Image, good: NDArray[np.bool_]) -> NoiseSums:
    """What one picture says of its noise.

    Args:
        x: H×W×3 float32 in [0, 1], display values.
        expected: likewise, the same picture without noise: Y through the lens.
        good: H×W bool, where the two show the same. Only what is flat around a good pixel counts.

    Raises:
        ShapeError: the shapes differ.
    """
    if not x.shape == expected.shape == (*good.shape, 3):
        raise ShapeError(f"x, expected, good have shapes {x.shape}, {expected.shape}, {good.shape}, expected one.")
    detail = _mean(np.square(expected - _mean(expected))).sum(axis=-1)
    flat = eroded(good, _WINDOW) & (detail <= 3 * _FLAT**2)
    left, slow = x - expected, _mean(x)
    deviation = np.square(left - _mean(left), dtype=np.float64)
    bins = np.clip(slow * len(BRIGHTNESS), 0, len(BRIGHTNESS) - 1).astype(int)
    squares, counts = np.zeros((3, len(BRIGHTNESS))), np.zeros((3, len(BRIGHTNESS)))
    for colour in range(3):
        which = bins[flat, colour]
        squares[colour] = np.bincount(which, deviation[flat, colour], len(BRIGHTNESS))
        counts[colour] = np.bincount(which, minlength=len(BRIGHTNESS))
    return NoiseSums(squares, counts)


def _mean(picture: Image) -> Image:
    return np.asarray(cv2.blur(picture, (_WINDOW, _WINDOW)))
