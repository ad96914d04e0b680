"""Two shots at different focal lengths made from one photograph, with the true displacement: for benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.simulate.lens_simulation import LensSimulation
from opticalzoom.pairs.simulate.misalignment import random_homography, random_local_field
from opticalzoom.photo.colour.srgb import linear_to_srgb, srgb_to_linear
from opticalzoom.registration.warp import Field, Image
from opticalzoom.registration.zoom_view import RegisteredView

SCALE = 4
_INVERSE_STEPS = 12


@dataclass(frozen=True)
class Difference:
    """How two simulated shots differ besides the focal length.

    Attributes:
        corners: each corner of Y moves by up to so many pixels of Y.
        local: largest displacement of a smooth field on top, in pixels of Y.
        roll: degrees.
        focal: true over stated ratio of focal lengths.
        exposure: of Y over X, in stops.
    """

    corners: float = 0.0
    local: float = 0.0
    roll: float = 0.0
    focal: float = 1.0
    exposure: float = 0.0


@dataclass(frozen=True, eq=False)
class SimulatedPair:
    """X, Y, the stated ratio of their fields of view, and what maps a scene, ``SCALE`` times X, to Y's pixels."""

    x: Image
    y: Image
    ratio: float
    to_y: NDArray[np.float64]
    local: Field

    def truth(self, rows: slice, columns: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(y, x) in Y of the pixels of a part of X enlarged by ``SCALE``."""
        top, left = rows.start * SCALE, columns.start * SCALE
        y, x = np.mgrid[top : rows.stop * SCALE, left : columns.stop * SCALE].astype(np.float64)
        h = self.to_y
        w = h[2, 0] * x + h[2, 1] * y + h[2, 2]
        x, y = (h[0, 0] * x + h[0, 1] * y + h[0, 2]) / w, (h[1, 0] * x + h[1, 1] * y + h[1, 2]) / w
        at_x, at_y = x.astype(np.float32), y.astype(np.float32)
        for _ in range(_INVERSE_STEPS):  # Y(p) shows the scene at to_scene(p + local(p))
            moves = cv2.remap(self.local, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            at_x, at_y = (x - moves[..., 1]).astype(np.float32), (y - moves[..., 0]).astype(np.float32)
        return at_y, at_x


def simulate(scene: Image, size: tuple[int, int], difference: Difference, seed: int) -> SimulatedPair:
    """Photograph a scene twice: all of it at a ``SCALE``-th of its pixels, and its middle.

    Args:
        scene: H×W×3 sRGB uint8, sides divisible by ``SCALE``.
        size: (height, width) of Y.
        difference: of the two shots.
        seed: of lens, noise and displacement.
    """
    rng = np.random.default_rng(seed)
    height, width = size
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), difference.roll, 1 / difference.focal)
    to_middle = np.array([[1, 0, (scene.shape[1] - width) / 2], [0, 1, (scene.shape[0] - height) / 2], [0, 0, 1]])
    to_scene = to_middle @ np.vstack([turn, [0, 0, 1]]) @ random_homography(rng, height, width, difference.corners)
    local = random_local_field(rng, height, width, difference.local)
    y = _expose(_look(scene, to_scene, local), difference.exposure, rng)
    x = LensSimulation(SCALE, seed).shoot(scene, "x")
    ratio = scene.shape[1] / width
    return SimulatedPair(x, y, ratio, np.linalg.inv(to_scene), local)


def _look(scene: Image, to_scene: NDArray[np.float64], local: Field) -> Image:
    """The scene at to_scene(p + local(p))."""
    height, width = local.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    y, x = y + local[..., 0], x + local[..., 1]
    h = to_scene
    w = h[2, 0] * x + h[2, 1] * y + h[2, 2]
    map_x = ((h[0, 0] * x + h[0, 1] * y + h[0, 2]) / w).astype(np.float32)
    map_y = ((h[1, 0] * x + h[1, 1] * y + h[1, 2]) / w).astype(np.float32)
    return np.asarray(cv2.remap(scene, map_x, map_y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101))


def _expose(picture: Image, stops: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Another exposure, in linear light, with the sensor's noise and its clipping."""
    linear = srgb_to_linear(picture.astype(np.float32) / 255) * np.float32(2**stops)
    deviation = np.sqrt(np.maximum(linear, 0) * 5e-5 + 1e-3**2)
    noisy = linear + deviation * rng.standard_normal(linear.shape, dtype=np.float32)
    return np.asarray(linear_to_srgb(noisy) * 255 + 0.5, np.uint8)


def errors(pair: SimulatedPair, found: RegisteredView) -> dict[str, float]:
    """How far a registration is from the truth, in pixels of Y."""
    at_y, at_x = pair.truth(found.view.rows, found.view.columns)
    visible = (at_y >= 0) & (at_y <= pair.y.shape[0] - 1) & (at_x >= 0) & (at_x <= pair.y.shape[1] - 1)
    field, (height, width) = found.registration.field, at_y.shape
    error = np.hypot(field[..., 0] + np.arange(height)[:, None] - at_y, field[..., 1] + np.arange(width) - at_x)
    counted = found.registration.trusted & visible
    values = error[counted] if counted.any() else np.array([np.inf])
    every_y, every_x = pair.truth(slice(0, pair.x.shape[0]), slice(0, pair.x.shape[1]))
    inside = (every_y >= 0) & (every_y <= pair.y.shape[0] - 1) & (every_x >= 0) & (every_x <= pair.y.shape[1] - 1)
    return {
        "error_median": float(np.median(values)),
        "error_95": float(np.percentile(values, 95)),
        "trusted": float(counted.sum() / max(visible.sum(), 1)),
        "viewed": float(visible.sum() / max(inside.sum(), 1)),
    }


def crop_to(image: Image, divisor: int) -> Image:
    """The upper left part with sides divisible by ``divisor``."""
    height, width = (side // divisor * divisor for side in image.shape[:2])
    return np.ascontiguousarray(image[:height, :width])


def wall(pictures: list[Image]) -> Image:
    """Nine pictures of one size as a wall of 3×3, of which the middle 2×2's area is kept: a photo amid others."""
    height, width = (side // 8 * 8 for side in pictures[0].shape[:2])
    cells = [cv2.resize(p, (width, height), interpolation=cv2.INTER_AREA) for p in pictures]
    whole = np.vstack([np.hstack(cells[row : row + 3]) for row in (0, 3, 6)])
    return np.ascontiguousarray(whole[height // 2 : -(height // 2), width // 2 : -(width // 2)])


def read(path: Path) -> Image:
    """A photo as H×W×3 RGB uint8."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SystemExit(f"{path} cannot be read.")
    return np.ascontiguousarray(pixels[..., ::-1])
