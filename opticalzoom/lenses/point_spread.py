"""The point spread of X against Y in closed form: the kernel on Y's grid whose blur of Y, decimated, is X.

In linear light, where display values are sRGB's: a lens adds up light, and between display values the same lens would
have another kernel at every brightness. Least squares over all pixels of registered pairs, exposure and vignetting
divided out, with a kernel as smooth as the parts of the pairs that were left out of the fit like it best.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from opticalzoom.errors import PairError, ShapeError
from opticalzoom.lenses.normal_equations import NormalEquations, check_registered, equations, eroded, thinned
from opticalzoom.photo.colour.srgb import linear_to_srgb, srgb_to_linear

Image = NDArray[np.float32]
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

PARTS = 4
"""Of every cell of the field: each is left out once, which tells how smooth the kernel is, and its doubt."""
WIDTH = 5
"""Of a kernel, in pixels of X; odd, so that it is centred on a pixel of X at even scales as well."""

_FINEST = 4  # taps per pixel of X and side: at larger scales Y is averaged first, as no lens has finer detail
_MOST = 5_000  # pixels of X that a part of a cell of one pair contributes, evenly chosen
_CLIPPED = 2 / 255, 250 / 255  # display values outside may have been anything
_GAIN = 8.0  # σ in pixels of X: exposure and vignetting are compared at this size
_DARK = 1e-6  # linear light
_LEAST = 0.05  # gain: a polynomial may be anything far from the pixels that it was fitted to
_SMOOTH = 10.0 ** np.arange(-4, 1)  # what is tried, relative to the power of the picture
_NULL = 1e-9  # of that power: the mean over a pixel of X is in the windows' level already, and stays zero


@dataclass(frozen=True, eq=False)
class PointSpread:
    """A kernel for each colour, and what says how far it can be believed.

    Attributes:
        fine: 3×m² float64 of sum 1, taps row by row, m = :data:`WIDTH` times the taps per pixel of X.
        left_out: :data:`PARTS`×3×m², the same without each part.
        scale: Y over X.
        clarity: power of Y's detail over what the kernel leaves of X, in green: about 1 where there is only noise.
    """

    fine: Array
    left_out: Array
    scale: int
    clarity: float

    @property
    def kernels(self) -> Image:
        """3×n×n float32 on Y's grid, n = :data:`WIDTH` times the scale, as they lie in the picture (correlation).

        Centred between the pixels of Y that are under a pixel of X.
        """
        return on_grid_of_y(self.fine, self.scale)


def spread_equations(
    x: Image, y: Image, trusted: Mask, scale: int, grid: tuple[int, int]
) -> list[list[NormalEquations]]:
    """What one registered pair says of the point spread in every cell of the field.

    Args:
        x: H×W×3 float32 in [0, 1], display values, at least :data:`WIDTH` a side.
        y: sH×sW×3, likewise.
        trusted: sH×sW bool; a pixel of x counts where all of y that its kernel sees is trusted and not clipped.
        scale: Y over X.
        grid: rows and columns of the field's cells.

    Returns:
        For each cell, row by row, the equations of its :data:`PARTS` quarters.

    Raises:
        ShapeError: y or trusted is not s times x, or x is too small.
    """
    check_registered(x, y, trusted, scale)
    height, width = x.shape[:2]
    if min(height, width) < WIDTH:
        raise ShapeError(f"x has {height}×{width} pixels, expected at least {WIDTH} a side.")
    seen = (trusted & _unclipped(y)).reshape(height, scale, width, scale).all(axis=(1, 3))
    good: Mask = eroded(np.asarray(seen), WIDTH) & _unclipped(x)
    steps = _steps(scale)
    light = _averaged(srgb_to_linear(y), scale // steps)
    level = _averaged(light, steps)
    rest = _exposed_alike(srgb_to_linear(x), level, good) - level
    windows = sliding_window_view(np.ascontiguousarray(np.moveaxis(light, -1, 0)), (WIDTH * steps,) * 2, axis=(1, 2))
    edge = WIDTH // 2
    inner = slice(edge, height - edge), slice(edge, width - edge)
    levels, rests = np.moveaxis(level[inner], -1, 0), np.moveaxis(rest[inner], -1, 0)
    return [
        [equations(windows[:, ::steps, ::steps], levels, rests[..., None], part[inner]) for part in cell]
        for cell in _parts(good, grid)
    ]


def solve_spread(parts: Sequence[NormalEquations], scale: int, around: PointSpread | None = None) -> PointSpread:
    """The kernels of sums of :func:`spread_equations`.

    Args:
        parts: :data:`PARTS` of them.
        scale: Y over X.
        around: what is expected, for a part of the field that of all of it: only what differs has to be smooth.

    Raises:
        PairError: there are no trusted pixels.
    """
    total = sum(parts[1:], parts[0])
    others = [total - part for part in parts]
    expected = np.zeros((3, total.gram.shape[1])) if around is None else around.fine
    tried = [[_solve(equation, strength, expected) for equation in others] for strength in _SMOOTH]
    counts = np.array([part.count for part in parts])
    left = [
        counts @ [part.mean_square(weights).sum() for part, weights in zip(parts, found, strict=True)]
        for found in tried
    ]
    best = int(np.argmin(left))
    weights = _solve(total, _SMOOTH[best], expected)
    unknowns = weights.shape[2]
    power = np.trace(total.gram[1]) / unknowns / total.count
    clarity = power / max(total.mean_square(weights)[1, 0], _DARK**2)
    return PointSpread(_kernels(weights), np.stack([_kernels(found) for found in tried[best]]), scale, clarity)


def through_lens(y: Image, kernels: Image, scale: int) -> Image:
    """Y blurred in linear light and decimated: what X would be without noise.

    Args:
        y: sH×sW×3 float32 in [0, 1], display values.
        kernels: 3×n×n, see :attr:`PointSpread.kernels`.
        scale: Y over X.

    Returns:
        H×W×3 float32 in [0, 1], display values; borders are mirrored.
    """
    light, first = srgb_to_linear(y), WIDTH // 2 * scale  # taps before the first pixel of Y under a pixel of X
    planes = [np.ascontiguousarray(light[..., colour]) for colour in range(3)]
    blurred = [
        cv2.filter2D(plane, cv2.CV_32F, kernel, anchor=(first, first))
        for plane, kernel in zip(planes, kernels, strict=True)
    ]
    return linear_to_srgb(np.stack(blurred, axis=-1)[::scale, ::scale].astype(np.float32, copy=False))


def _solve(added: NormalEquations, strength: float, expected: Array) -> Array:
    """Weights on the windows less their level, 3×1×n², of least error and a kernel that differs smoothly."""
    if added.count < 1:
        raise PairError("the pairs have too few trusted pixels for a point spread.", remedy="Add pairs.")
    size = added.gram.shape[1]
    steps = math.isqrt(size) // WIDTH
    curvature, pull = _smoothing(steps)
    power = np.trace(added.gram, axis1=1, axis2=2)[:, None, None] / size + _DARK**2
    left = added.gram + power * (strength * curvature + _NULL * np.eye(size))
    right = added.right + strength * power * ((expected - _pixel(steps)) @ pull.T)[..., None]
    return np.asarray(np.linalg.solve(left, right).swapaxes(1, 2))


def _kernels(weights: Array) -> Array:
    """What weights add to the mean over a pixel of X: 3×n² taps of sum 1."""
    return weights[:, 0] + (1 - weights.sum(axis=2)) * _pixel(math.isqrt(weights.shape[2]) // WIDTH)


def on_grid_of_y(fine: Array, scale: int) -> Image:
    """...×m² taps as ...×n×n float32 kernels on Y's grid; where taps are coarser than Y they are repeated."""
    side = WIDTH * _steps(scale)
    repeat = scale // _steps(scale)
    square = fine.reshape(*fine.shape[:-1], side, side) / repeat**2
    return square.repeat(repeat, axis=-2).repeat(repeat, axis=-1).astype(np.float32)


def _steps(scale: int) -> int:
    """Taps per pixel of X and side: the largest divisor of the scale that is not too fine, or the scale itself."""
    fewer = max(steps for steps in range(1, _FINEST + 1) if scale % steps == 0)
    return fewer if fewer > 1 else scale


def _pixel(steps: int) -> Array:
    """The mean over the pixel of X in the middle of a window, n² taps of sum 1."""
    pixel = np.zeros((WIDTH, steps, WIDTH, steps))
    pixel[WIDTH // 2, :, WIDTH // 2] = 1 / steps**2
    return pixel.ravel()


@lru_cache
def _smoothing(steps: int) -> tuple[Array, Array]:
    """n²×n² each: the squared Laplacian, zero outside of the window, of the kernel that weights make.

    Returns:
        As a quadratic form of the weights, and what it makes of the kernel that the weights are added to.
    """
    side = WIDTH * steps
    line = 2 * np.eye(side) - np.eye(side, k=1) - np.eye(side, k=-1)
    laplacian = np.kron(line, np.eye(side)) + np.kron(np.eye(side), line)
    of_weights = laplacian @ (np.eye(side**2) - np.outer(_pixel(steps), np.ones(side**2)))
    return of_weights.T @ of_weights, of_weights.T @ laplacian


def _unclipped(picture: Image) -> Mask:
    low, high = _CLIPPED
    return np.asarray(((picture > low) & (picture < high)).all(axis=-1))


def _averaged(picture: Image, factor: int) -> Image:
    """Means of factor×factor pixels."""
    height, width = (side // factor for side in picture.shape[:2])
    return np.asarray(picture.reshape(height, factor, width, factor, 3).mean(axis=(1, 3)))


def _exposed_alike(picture: Image, wanted: Image, good: Mask) -> Image:
    """A picture divided by how much brighter it is than another: per colour, quadratic over the field as vignetting is.

    What differs is compared blurred, so that sharpness does not count, and smoothly, so that a displacement does not.
    """
    blurred, target = (
        cv2.GaussianBlur(p * good[..., None].astype(np.float32), (0, 0), _GAIN) for p in (picture, wanted)
    )
    v, u = np.meshgrid(*(np.linspace(-1, 1, side, dtype=np.float32) for side in good.shape), indexing="ij")
    shapes = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v])
    some = thinned(good, _MOST)
    divided = np.empty_like(picture)
    for colour in range(3):
        terms = (shapes[:, some] * target[some, colour]).astype(np.float64)
        normal = terms @ terms.T + _DARK * np.eye(len(terms))
        gain = np.linalg.solve(normal, terms @ blurred[some, colour])
        divided[..., colour] = picture[..., colour] / np.maximum(np.tensordot(gain, shapes, 1), _LEAST)
    return divided


def _parts(good: Mask, grid: tuple[int, int]) -> Iterator[list[Mask]]:
    """For each cell of the field, row by row, the good pixels of its quarters, thinned evenly where they are many."""
    rows, columns = (
        np.linspace(0, side, 2 * count + 1).astype(int) for side, count in zip(good.shape, grid, strict=True)
    )
    for row, column in np.ndindex(*grid):
        quarters = []
        for down, right in np.ndindex(2, 2):
            top, left = 2 * row + down, 2 * column + right
            inside = np.zeros_like(good)
            area = slice(rows[top], rows[top + 1]), slice(columns[left], columns[left + 1])
            inside[area] = thinned(good[area], _MOST)
            quarters.append(inside)
        yield quarters
