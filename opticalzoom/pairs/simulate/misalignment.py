"""Misalignment made from known pictures: corners that move, a smooth local field, parallax; the truth is kept."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.simulate.parallax import Motion, flat, random_parallax
from opticalzoom.registration.resize import corners
from opticalzoom.registration.warp import Field, compose, homography_field

_KNOT_SPACING = 200
"""Pixels of Y between independent values of the local field: smooth, as lenses and parallax of far scenes are."""


@dataclass(frozen=True)
class Misalignment:
    """How far a target is moved, in pixels of Y; fixed per pair by ``seed`` and the pair's name.

    Attributes:
        strength: each corner moves by up to this much, which gives shift, rotation and perspective.
        local: largest displacement of the smooth local field on top of it.
        seed: another seed, another draw for every pair.
        parallax: how far a front layer, 25 to 40 % of the picture, moves against the rest of it.
    """

    strength: float = 0.0
    local: float = 0.0
    seed: int = 0
    parallax: float = 0.0

    @property
    def is_none(self) -> bool:
        """Whether nothing moves."""
        return self.strength == self.local == self.parallax == 0

    def motion(self, name: str, height: int, width: int) -> Motion:
        """How Y of the pair ``name`` moves, with the true displacement and what is hidden or uncovered by parallax."""
        rng = np.random.default_rng((self.seed, zlib.crc32(name.encode(errors="backslashreplace"))))
        glob = homography_field(random_homography(rng, height, width, self.strength), height, width)
        background = compose(random_local_field(rng, height, width, self.local), glob)
        return random_parallax(rng, background, self.parallax) if self.parallax else flat(background)

    def field(self, name: str, height: int, width: int) -> Field:
        """The displacement field (dy, dx), height×width×2 float32, of the pair ``name``: moved(p) = Y(p + d(p))."""
        return self.motion(name, height, width).field


def random_homography(rng: np.random.Generator, height: int, width: int, strength: float) -> NDArray[np.float64]:
    """A homography whose four corners move by vectors drawn uniformly from the disc of radius ``strength`` pixels."""
    start = corners(height, width)
    if strength == 0 or min(height, width) < 2:
        return np.eye(3)
    angle, radius = rng.uniform(0, 2 * np.pi, 4), strength * np.sqrt(rng.uniform(0, 1, 4))
    moved = start + np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1)
    return np.asarray(cv2.getPerspectiveTransform(start.astype(np.float32), moved.astype(np.float32)), dtype=np.float64)


def random_local_field(rng: np.random.Generator, height: int, width: int, largest: float) -> Field:
    """A smooth field, height×width×2 float32, whose longest vector has ``largest`` pixels."""
    knots = rng.standard_normal((height // _KNOT_SPACING + 3, width // _KNOT_SPACING + 3, 2)).astype(np.float32)
    field = np.asarray(cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC))
    longest = float(np.linalg.norm(field, axis=-1).max())
    return np.asarray(field * (largest / max(longest, 1e-6)), dtype=np.float32)
