"""A lens as it was measured from registered pairs: point spread over the field, sharpness, colour fringes, noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import PairError, ShapeError
from opticalzoom.lenses.lens_text import lens_from_text, lens_to_text
from opticalzoom.lenses.modulation import displacement, mtf, mtf50
from opticalzoom.lenses.noise import BRIGHTNESS, NoiseSums, noise_sums
from opticalzoom.lenses.normal_equations import NormalEquations
from opticalzoom.lenses.point_spread import (
    PARTS,
    PointSpread,
    on_grid_of_y,
    solve_spread,
    spread_equations,
    through_lens,
)

Image = NDArray[np.float32]
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_CLEAR_CELL, _CLEAR = 8.0, 3.0
"""Least clarity, see :class:`PointSpread`, of a cell of the field and of all of it: below, noise draws the kernel."""


@dataclass(frozen=True, eq=False)
class MeasuredLens:
    """What X has of Y: everything is relative to the longer focal length. Doubts are standard errors.

    The field is what both shots show, the middle of X's own. Colours are R, G, B.

    Attributes:
        scale: Y over X.
        aspect: width over height of the field.
        pairs: how many pairs it was measured from.
        kernels: 3×n×n float32 of sum 1, the point spread of the whole field on Y's grid in linear light, as it lies in
            the picture (correlation), n = 5·scale, centred between the pixels of Y that lie under a pixel of X.
        field: rows×columns×3×n×n, the same in each cell of the field.
        measured: rows×columns bool; False where there was too little detail and ``field`` has the whole field's.
        mtf_doubt: 3×101, of :attr:`mtf`.
        mtf50_doubt: rows×columns×3, of :attr:`mtf50`, cycles per pixel of X.
        shift_doubt: rows×columns×2×2, of :attr:`chromatic_shift`, pixels of X.
        noise: 3×12, standard deviation of X's display values at :data:`~opticalzoom.lenses.noise.BRIGHTNESS`.
        noise_doubt: 3×12.
    """

    scale: int
    aspect: float
    pairs: int
    kernels: Image
    field: Image
    measured: Mask
    mtf_doubt: Array
    mtf50_doubt: Array
    shift_doubt: Array
    noise: Array
    noise_doubt: Array

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the field's cells."""
        return self.measured.shape[0], self.measured.shape[1]

    @cached_property
    def mtf(self) -> Array:
        """3×101: contrast of the whole field, the mean over directions, see :mod:`opticalzoom.lenses.modulation`."""
        return mtf(self.kernels, self.scale)

    @cached_property
    def mtf50(self) -> Array:
        """rows×columns×3: where contrast falls to half, cycles per pixel of X, the mean over directions."""
        return mtf50(mtf(self.field, self.scale))

    @cached_property
    def chromatic_shift(self) -> Array:
        """rows×columns×2×2, pixels of X: red, or blue, at p shows what green shows at p + (dy, dx)."""
        return _shifts(self.field, self.scale)

    def degrade(self, y: Image, rng: np.random.Generator) -> Image:
        """What this lens and camera would have made of a sharp photograph, for simulated pairs.

        Blurred in linear light by the point spread of a cell that is drawn for the picture, decimated, and noise of the
        measured strength added.

        Args:
            y: sH×sW×3 float32 in [0, 1], display values; rows and columns beyond a multiple of s are not used.
            rng: draws the cell and the noise.

        Returns:
            H×W×3 float32 in [0, 1], display values; borders are mirrored.

        Raises:
            ShapeError: y has not three colours and at least s pixels a side.
        """
        s = self.scale
        height, width = (side // s for side in y.shape[:2])
        if y.ndim != 3 or y.shape[2] != 3 or min(height, width) < 1:
            raise ShapeError(f"y has shape {y.shape}, expected at least {s}×{s}×3.")
        kernels = self.field.reshape(-1, *self.kernels.shape)[rng.integers(self.measured.size)]
        clean = through_lens(y[: height * s, : width * s], kernels, s)
        deviation = [np.interp(clean[..., colour], BRIGHTNESS, self.noise[colour]) for colour in range(3)]
        noise = np.stack(deviation, axis=-1) * rng.standard_normal(clean.shape, np.float32)
        return np.clip(clean + noise, 0, 1).astype(np.float32)

    def to_json(self) -> str:
        """All of it as JSON text, with curves and figures for other programs; :meth:`from_json` is the inverse."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        return lens_to_text(own, {name: getattr(self, name) for name in ("mtf", "mtf50", "chromatic_shift")})

    @classmethod
    def from_json(cls, text: str) -> MeasuredLens:
        """A lens of the text of :meth:`to_json`.

        Raises:
            ConfigError: the text is too long, no JSON, or says something that no lens can be; it names what.
        """
        return cls(**lens_from_text(text))


def measure_lens(
    pairs: Iterable[tuple[Image, Image, Mask]], scale: int, grid: tuple[int, int] = (3, 3)
) -> MeasuredLens:
    """Measure the lens that made X against the one that made Y.

    Args:
        pairs: (x, y, trusted) as :func:`~opticalzoom.lenses.point_spread.spread_equations` takes them: registered, of
            one camera and focal length. Each is used once and may be made on the way.
        scale: Y over X.
        grid: rows and columns of the cells that the field is divided into.

    Raises:
        PairError: there are no pairs, or they show too little detail.
        ShapeError: a pair does not fit together.
    """
    cells: list[list[NormalEquations]] = []
    noise, aspects = [], []
    for number, (x, y, trusted) in enumerate(pairs):
        found = [_turned(parts, number) for parts in spread_equations(x, y, trusted, scale, grid)]
        cells = [_summed(two) for two in zip(cells, found, strict=True)] if cells else found
        noise.append(_noise(x, y, trusted, scale, found))
        aspects.append(x.shape[1] / x.shape[0])
    if not noise:
        raise PairError("there are no pairs to measure a lens from.", remedy="Add pairs.")
    whole = solve_spread(_summed(cells), scale)
    if whole.clarity < _CLEAR:
        raise PairError(
            "the pairs show too little detail to measure a lens.",
            remedy="Photograph something that has fine texture all over.",
        )
    spreads = [_cell(parts, whole) for parts in cells]
    field = on_grid_of_y(np.stack([spread.fine for spread in spreads]), scale)
    left_out = on_grid_of_y(np.stack([spread.left_out for spread in spreads], axis=1), scale)
    deviation, noise_doubt = sum(noise[1:], noise[0]).curve()
    return MeasuredLens(
        scale=scale,
        aspect=float(np.mean(aspects)),
        pairs=len(noise),
        kernels=whole.kernels,
        field=field.reshape(*grid, *field.shape[1:]),
        measured=np.array([spread is not whole for spread in spreads]).reshape(grid),
        mtf_doubt=_doubt(mtf(on_grid_of_y(whole.left_out, scale), scale)),
        mtf50_doubt=_doubt(mtf50(mtf(left_out, scale))).reshape(*grid, 3),
        shift_doubt=_doubt(_shifts(left_out, scale)).reshape(*grid, 2, 2),
        noise=deviation,
        noise_doubt=noise_doubt,
    )


def _noise(x: Image, y: Image, trusted: Mask, scale: int, cells: Iterable[Sequence[NormalEquations]]) -> NoiseSums:
    """Noise of one pair, if it shows enough for a point spread of its own, which says what is expected."""
    good = trusted.reshape(x.shape[0], scale, x.shape[1], scale).all(axis=(1, 3))
    try:
        kernels = solve_spread(_summed(cells), scale).kernels
    except PairError:
        return NoiseSums(np.zeros((3, len(BRIGHTNESS))), np.zeros((3, len(BRIGHTNESS))))
    return noise_sums(x, through_lens(y, kernels, scale), np.asarray(good))


def _turned(parts: list[NormalEquations], number: int) -> list[NormalEquations]:
    """The parts of a pair in another order than its neighbours', so that each sum has other places of other pairs."""
    start = number % PARTS
    return parts[start:] + parts[:start]


def _summed(cells: Iterable[Sequence[NormalEquations]]) -> list[NormalEquations]:
    """The sum of each part."""
    return [sum(same[1:], same[0]) for same in zip(*cells, strict=True)]


def _cell(parts: Sequence[NormalEquations], whole: PointSpread) -> PointSpread:
    """The point spread of a cell; that of the whole field where the cell shows too little detail for its own."""
    try:
        found = solve_spread(parts, whole.scale, whole)
    except PairError:
        return whole
    return found if found.clarity >= _CLEAR_CELL else whole


def _shifts(kernels: Image, scale: int) -> Array:
    """...×2×2 of ...×3×n×n: red and blue against green."""
    return displacement(kernels[..., ::2, :, :], kernels[..., 1:2, :, :], scale)


def _doubt(left_out: Array) -> Array:
    """Standard error of what was computed without each part, parts first (jackknife)."""
    parts = len(left_out)
    return np.asarray(np.sqrt((parts - 1) / parts * np.square(left_out - left_out.mean(axis=0)).sum(axis=0)))
