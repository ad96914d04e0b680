"""What a model needs and gives, as plain values: scale, input kind, size.

Every model has a ``contract``; everything outside :mod:`opticalzoom.models` asks it instead of
knowing the architecture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol, get_args

from opticalzoom.errors import ModelError, ShapeError

InputKind = Literal["rgb", "raw", "resized"]
"""``rgb``: X as photographed, N×3×H×W. ``raw``: its packed Bayer mosaic, N×4×H/2×W/2 (R, G, G, B).
``resized``: X already enlarged to the target's size, N×3×sH×sW, as City100, RealSR and DRealSR ship it."""

SCALES = (2, 3, 4, 8)
"""Supported scales: Y over the RGB size of X."""


class Shaped(Protocol):
    """A tensor or an array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of its axes."""


@dataclass(frozen=True)
class Contract:
    """What a model says of itself.

    Attributes:
        scale: Y over the RGB size of X: 2, 3, 4 or 8.
        input: kind of the input, see :data:`InputKind`.
        multiple: both sides of what the network computes on are multiples of it, in input pixels; the model pads and
            crops by itself, so callers never need it.
        receptive_field: how far, in input pixels, an output pixel looks in every direction when the
            model runs without alignment (the overlap that makes tiles seamless).
    """

    scale: int
    input: InputKind = "rgb"
    multiple: int = 1
    receptive_field: int = 0

    def __post_init__(self) -> None:
        if type(self.scale) is not int or self.scale not in SCALES:
            raise ModelError(f"scale is {self.scale!r}, expected one of {SCALES}.")
        if self.input not in get_args(InputKind):
            raise ModelError(f"input kind is {self.input!r}, expected one of {get_args(InputKind)}.")

    @property
    def channels(self) -> int:
        """Channels of the input: 4 for a packed mosaic, otherwise 3."""
        return 4 if self.input == "raw" else 3

    @property
    def grid_channels(self) -> int:
        """Channels of the input on the network's grid: 3·s² for ``resized``, which is packed to it."""
        return 3 * self.scale**2 if self.input == "resized" else self.channels

    @property
    def output_factor(self) -> int:
        """Output pixels per input pixel and side: s (``rgb``), 2s (``raw``, packed) or 1 (``resized``)."""
        return {"rgb": self.scale, "raw": 2 * self.scale, "resized": 1}[self.input]

    @property
    def grid_factor(self) -> int:
        """Output pixels per pixel and side of the grid that the network computes on (s, or 2s for ``raw``)."""
        return 2 * self.scale if self.input == "raw" else self.scale

    def grid_size(self, height: int, width: int) -> tuple[int, int]:
        """Size of the network's grid, and of the reference, for an input of height×width."""
        cell = self.scale if self.input == "resized" else 1
        return -(-height // cell), -(-width // cell)

    def padding(self, height: int, width: int) -> tuple[int, int]:
        """Rows to add at the bottom and columns to add at the right so that both sides are multiples of ``multiple``.

        >>> Contract(3, "resized", multiple=3).padding(12, 13)
        (0, 2)
        """
        # Of positive numbers only: an exported graph's division rounds towards zero.
        rows, columns = ((side + self.multiple - 1) // self.multiple * self.multiple - side for side in (height, width))
        return rows, columns

    def looking(self, reach: int) -> Contract:
        """The same contract with the receptive field of a network that looks ``reach`` grid pixels far."""
        # A full-size pixel at the edge of its s×s cell looks up to s − 1 pixels further than `reach` cells.
        pixels = reach * self.scale + self.scale - 1 if self.input == "resized" else reach
        return replace(self, receptive_field=pixels)

    def check_turnable(self) -> None:
        """Check that the input may be turned, which changes the places of a mosaic's colours.

        Raises:
            ModelError: the model takes RAW input.
        """
        if self.input == "raw":
            raise ModelError("a mosaic cannot be turned, so there is no self-ensemble for RAW weights.")

    def check(self, x: Shaped, reference: Shaped | None = None) -> None:
        """Check the shapes of an input and, if given, of its reference.

        Raises:
            ShapeError: with the shape expected and got.
        """
        if len(x.shape) != 4 or x.shape[1] != self.channels or 0 in x.shape:
            raise ShapeError(f"{self.input} input has shape {tuple(x.shape)}, expected N×{self.channels}×H×W.")
        expected = (x.shape[0], 3, *self.grid_size(x.shape[-2], x.shape[-1]))
        if reference is not None and tuple(reference.shape) != expected:
            raise ShapeError(f"reference has shape {tuple(reference.shape)}, expected {expected}.")
