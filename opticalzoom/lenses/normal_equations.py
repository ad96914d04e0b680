"""Least squares of many pictures, as sums that can be added and taken away: memory does not grow with the pairs.

With a = windows less a level and b = targets, A'A, A'b and b'b say all that least squares needs, so that the equations
of all pairs less those of one are what the others say: leave-one-out costs a subtraction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import ConfigError, PairError, ShapeError

Array = NDArray[np.float64]
Plane = NDArray[np.float32]

_ROWS = 32  # of windows unrolled at a time, a few megabytes


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """Sums over pixels for each of C colours, n unknowns and m targets.

    Attributes:
        gram: A'A, C×n×n float64.
        right: A'b, C×n×m float64.
        squares: b'b, C×m float64.
        count: how many pixels were added up.
    """

    gram: Array
    right: Array
    squares: Array
    count: int

    def __add__(self, other: NormalEquations) -> NormalEquations:
        return NormalEquations(
            self.gram + other.gram, self.right + other.right, self.squares + other.squares, self.count + other.count
        )

    def __sub__(self, other: NormalEquations) -> NormalEquations:
        """The equations without those of ``other``, which were added before."""
        return NormalEquations(
            self.gram - other.gram, self.right - other.right, self.squares - other.squares, self.count - other.count
        )

    def solve(self, ridge: float) -> Array:
        """The weights of least error, C×m×n float64.

        Args:
            ridge: above 0, a variance in the windows' units: noise that they are thought to have.

        Raises:
            ConfigError: the ridge is not above 0.
            PairError: there is no pixel.
        """
        if not (math.isfinite(ridge) and ridge > 0):
            raise ConfigError(f"the ridge is {ridge}, expected a number above 0.")
        if self.count < 1:
            raise PairError("the pairs have no trusted pixels away from the border.", remedy="Add pairs.")
        pull = self.count * ridge * np.eye(self.gram.shape[1])
        return np.asarray(np.linalg.solve(self.gram + pull, self.right).swapaxes(1, 2))

    def mean_square(self, weights: Array) -> Array:
        """The mean squared error that weights leave on these pixels, C×m.

        Args:
            weights: C×m×n, those of :meth:`solve` or of other pairs.
        """
        fitted = np.einsum("cmn,cnk,cmk->cm", weights, self.gram, weights)
        crossed = np.einsum("cmn,cnm->cm", weights, self.right)
        return np.asarray(np.maximum(self.squares - 2 * crossed + fitted, 0) / max(self.count, 1))


def equations(windows: Plane, level: Plane, targets: Plane, good: NDArray[np.bool_]) -> NormalEquations:
    """The normal equations of one picture.

    Args:
        windows: C×h×w×k×k float32, the neighbourhood of every pixel; a view will do, it is unrolled in bands.
        level: C×h×w, taken from every window: brightness says nothing of a lens.
        targets: C×h×w×m, what the windows should give.
        good: h×w bool, the pixels that count.

    Raises:
        ShapeError: the shapes do not fit together.
    """
    if not windows.shape[:3] == level.shape == targets.shape[:3] == (len(level), *good.shape):
        shapes = ", ".join(str(array.shape) for array in (windows, level, targets, good))
        raise ShapeError(f"windows, level, targets and pixels that count have shapes {shapes}, expected C×h×w of each.")
    colours, unknowns, wanted = len(level), windows.shape[3] * windows.shape[4], targets.shape[3]
    gram, right = np.zeros((colours, unknowns, unknowns)), np.zeros((colours, unknowns, wanted))
    squares = np.zeros((colours, wanted))
    for top in range(0, len(good), _ROWS):
        rows = slice(top, top + _ROWS)
        for colour in range(colours):
            a = windows[colour, rows][good[rows]].reshape(-1, unknowns)
            a -= level[colour, rows][good[rows]][:, None]
            b = targets[colour, rows][good[rows]]
            gram[colour] += a.T @ a
            right[colour] += a.T @ b
            squares[colour] += np.square(b, dtype=np.float64).sum(axis=0)
    return NormalEquations(gram, right, squares, int(good.sum()))


def check_registered(x: Plane, y: Plane, trusted: NDArray[np.bool_], scale: int) -> None:
    """Check that a pair is one: x H×W×3, y sH×sW×3, trusted sH×sW.

    Raises:
        ShapeError: with the shapes that they have.
    """
    large = tuple(scale * side for side in x.shape[:2])
    if x.shape[2:] != (3,) or y.shape != (*large, 3) or trusted.shape != large:
        raise ShapeError(f"x, y, trusted have shapes {x.shape}, {y.shape}, {trusted.shape}, expected Y ×{scale} of X.")


def thinned(good: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Evenly chosen ones of the good pixels, ``most`` at most: more would tell the same, and take longer."""
    places = np.flatnonzero(good)
    kept = np.zeros_like(good)
    kept.ravel()[places[:: max(1, -(-len(places) // most))]] = True
    return kept


def eroded(good: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """The pixels around which all of a window of width×width pixels (odd) is good; none near the border is."""
    whole = np.lib.stride_tricks.sliding_window_view(np.pad(good, width // 2), (width, width))
    return np.asarray(whole.all(axis=(2, 3)))
