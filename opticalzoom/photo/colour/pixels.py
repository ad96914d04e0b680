"""A photo's pixels as networks know pictures: sRGB-like floats, with nothing odd where they are transparent."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.photo.colour.tone import Tone, linear_tone
from opticalzoom.photo.photograph import to_float

Array = NDArray[np.float32]

_FILL_REACH, _FILL_SIGMA = 8, 2.5
"""How far colours are carried under transparent pixels: most of what a network looks at, and more than a halo."""


@dataclass(frozen=True)
class Colours:
    """The way from a photo's pixels to a network and back.

    Attributes:
        alpha: whether the last channel is alpha.
        tone: of a profile in linear light, see :func:`~opticalzoom.photo.colour.tone.linear_tone`.
    """

    alpha: bool
    tone: Tone | None = None

    @classmethod
    def of(cls, channels: int, icc: bytes | None) -> Colours:
        """Those of pixels with 1 to 4 channels and their profile."""
        return cls(channels in (2, 4), linear_tone(icc))

    @property
    def reach(self) -> int:
        """How many pixels around a part its colours depend on."""
        return _FILL_REACH if self.alpha else 0

    def encode(self, pixels: np.ndarray) -> Array:
        """h×w×C uint8 or uint16 to h×w×1 or h×w×3 float32 in [0, 1], without alpha."""
        values = to_float(pixels)
        colour = values[..., :-1] if self.alpha else values
        colour = self.tone.encode(colour) if self.tone else colour
        return filled(colour, values[..., -1]) if self.alpha else colour

    def decode(self, zoomed: Array) -> Array:
        """What a network made of them, h×w×1 or h×w×3, to values as they are stored."""
        return self.tone.decode(zoomed) if self.tone else zoomed


def filled(colour: Array, alpha: Array) -> Array:
    """Colours that nobody sees, taken from what is visible near them: others would shine through at every edge.

    Args:
        colour: h×w×C.
        alpha: h×w in [0, 1].

    Returns:
        h×w×C; where alpha is above 0, and far from it, as it was.
    """
    side = 2 * _FILL_REACH + 1
    weight, around = (
        cv2.GaussianBlur(plane, (side, side), _FILL_SIGMA).reshape(*alpha.shape, -1)
        for plane in (alpha, colour * alpha[..., None])
    )
    hidden = (alpha[..., None] == 0) & (weight > 0)
    return np.where(hidden, around / np.maximum(weight, np.finfo(np.float32).tiny), colour)
