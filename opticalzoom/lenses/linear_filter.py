"""The part of zooming that is linear, in closed form: a filter from X to what bicubic enlargement lacks of Y.

One small kernel for each colour and each of the s×s places in a pixel of X, by least squares over registered pairs. A
pair costs about a tenth of a second, and one pair is nearly enough. It is linear in display values, those that are
scored: what is measured of the lens itself, in linear light, is in :mod:`opticalzoom.lenses.point_spread`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from opticalzoom.errors import PairError, ShapeError
from opticalzoom.lenses.normal_equations import NormalEquations, check_registered, equations, thinned

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

RADIUS, RIDGE = 5, 1e-5
"""Of the kernels, in pixels of X; and a variance of display values, noise of 0.8/255 that X is thought to have."""

_MOST = 400_000  # pixels of X that a pair contributes, evenly chosen


@dataclass(frozen=True, eq=False)
class LinearFilter:
    """A zoom that is a convolution: bicubic enlargement plus a kernel for each place in a pixel of X.

    Attributes:
        scale: Y over X.
        kernels: 3×s²×k×k float32, k odd, each of sum zero: colour, place in a pixel of X row by row, then the taps
            about that pixel, as they lie in the picture (correlation).
    """

    scale: int
    kernels: Image

    def __post_init__(self) -> None:
        shape = self.kernels.shape
        if len(shape) != 4 or shape[:2] != (3, self.scale**2) or shape[2] != shape[3] or shape[2] % 2 == 0:
            raise ShapeError(f"the kernels have shape {shape}, expected (3, {self.scale**2}, k, k) with k odd.")

    @property
    def radius(self) -> int:
        """How far the kernels look, in pixels of X."""
        return self.kernels.shape[2] // 2

    def zoom(self, x: Image) -> Image:
        """Enlarge a picture; borders are repeated.

        Args:
            x: H×W×3 float32 in [0, 1], display values.

        Returns:
            sH×sW×3 float32, not clipped.

        Raises:
            ShapeError: x is not H×W×3.
        """
        zoomed = _bicubic(x, self.scale)
        for colour, plane in enumerate(np.moveaxis(x, -1, 0)):
            for place, kernel in enumerate(self.kernels[colour]):
                row, column = divmod(place, self.scale)
                rest = cv2.filter2D(plane.copy(), cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE)
                zoomed[row :: self.scale, column :: self.scale, colour] += rest
        return zoomed


def fit_filter(
    pairs: Iterable[tuple[Image, Image, Mask]], scale: int, radius: int = RADIUS, ridge: float = RIDGE
) -> LinearFilter:
    """The filter of least squared error over registered pairs.

    Args:
        pairs: (x, y, trusted), as :func:`filter_equations` takes them; each is used once and may be made on the way.
        scale: Y over X.
        radius: of the kernels, in pixels of X.
        ridge: above 0, see :meth:`NormalEquations.solve`.

    Raises:
        ConfigError: the ridge is not above 0.
        PairError: there are no pairs, or no trusted pixels in them.
        ShapeError: as for :func:`filter_equations`.
    """
    added = [filter_equations(*pair, scale, radius) for pair in pairs]
    if not added:
        raise PairError("there are no pairs to learn a filter from.", remedy="Add pairs.")
    return solve_filter(sum(added[1:], added[0]), scale, ridge)


def filter_equations(x: Image, y: Image, trusted: Mask, scale: int, radius: int = RADIUS) -> NormalEquations:
    """What one registered pair says of the filter; sums of these, and differences, say what several pairs do.

    Args:
        x: H×W×3 float32 in [0, 1], display values.
        y: sH×sW×3, likewise, showing at each place what x does.
        trusted: sH×sW bool, False where y must not count. A pixel of x counts where all of y under it does, and where
            its neighbourhood lies within the picture.
        scale: Y over X.
        radius: of the kernels, in pixels of X.

    Raises:
        ShapeError: y or trusted is not s times x.
    """
    check_registered(x, y, trusted, scale)
    height, width = x.shape[:2]
    size = 2 * radius + 1
    if min(height, width) < size:
        nothing = np.zeros((3, size**2, size**2))
        return NormalEquations(nothing, nothing[:, :, : scale**2], nothing[:, 0, : scale**2], 0)
    rows, columns = slice(radius, height - radius), slice(radius, width - radius)
    planes = np.ascontiguousarray(np.moveaxis(x, -1, 0))
    rest = (y - _bicubic(x, scale)).reshape(height, scale, width, scale, 3)
    targets = rest.transpose(4, 0, 2, 1, 3).reshape(3, height, width, scale**2)
    good = np.asarray(trusted.reshape(height, scale, width, scale).all(axis=(1, 3)))
    windows = sliding_window_view(planes, (size, size), axis=(1, 2))
    return equations(windows, planes[:, rows, columns], targets[:, rows, columns], thinned(good[rows, columns], _MOST))


def solve_filter(added: NormalEquations, scale: int, ridge: float = RIDGE) -> LinearFilter:
    """The filter of sums of :func:`filter_equations`.

    Raises:
        ConfigError: the ridge is not above 0.
        PairError: there are no trusted pixels.
    """
    weights = added.solve(ridge)
    size = round(weights.shape[2] ** 0.5)
    middle = size**2 // 2
    weights[..., middle] = 0  # of the pixel less itself
    weights[..., middle] = -weights.sum(axis=2)  # what was taken from every tap
    return LinearFilter(scale, weights.reshape(3, scale**2, size, size).astype(np.float32))


def _bicubic(x: Image, scale: int) -> Image:
    """As the protocols have it and the networks add to it."""
    size = x.shape[1] * scale, x.shape[0] * scale
    return np.asarray(cv2.resize(x, size, interpolation=cv2.INTER_CUBIC))
