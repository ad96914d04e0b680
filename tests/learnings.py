"""Registered pairs of a simulated lens, for tests of learning: soft X of sharp, textured Y."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from cards import picture
from PIL import Image

from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.photo.metadata import Metadata
from opticalzoom.training.learning.material import LensPairs

CAMERA = Metadata(camera="ACME One", focal_length=4.0)


def soft_pair(
    name: str, seed: int, scale: int = 2, size: tuple[int, int] = (56, 72), blur: float = 1.6
) -> TrainingPair:
    """Y of a textured scene, and X through a Gaussian lens of ``blur`` pixels of Y."""
    y = picture(np.random.default_rng(seed), size[0] * scale, size[1] * scale)
    x = cv2.resize(cv2.GaussianBlur(y, (0, 0), blur), size[::-1], interpolation=cv2.INTER_AREA)
    return TrainingPair(name, x, y, np.ones(y.shape[:2], bool))


def soft_lens(pairs: int = 4, scale: int = 2, scenes: int | None = None) -> LensPairs:
    """So many pairs, each of its own scene unless fewer scenes are asked for."""
    made = [soft_pair(f"pair-{number}", number, scale) for number in range(pairs)]
    names = [f"scene-{number % (scenes or pairs)}" for number in range(pairs)]
    return LensPairs(CAMERA, scale, "rgb", float(scale), made, names)


def write_pairs(folder: Path, pairs: int = 4, scale: int = 2) -> Path:
    """Folders x and y of such pairs, as PNG; of a size that registration likes."""
    for number in range(pairs):
        pair = soft_pair(f"{number}", number, scale, size=(120, 160))
        for kind, pixels in (("x", pair.x), ("y", pair.y)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.asarray(pixels, np.uint8)).save(folder / kind / f"{number}.png")
    return folder
