"""Tiny generated pairs for tests of the evaluation."""

from __future__ import annotations

import cv2
import numpy as np

from opticalzoom.evaluation.methods import EvalPair

SCALE = 2


def scene(seed: int, height: int = 96, width: int = 128) -> np.ndarray:
    """Blurred noise at two sizes: structure that registration finds, H×W×3 uint8."""
    random = np.random.default_rng(seed)
    layers = [cv2.GaussianBlur(random.normal(size=(height, width, 3)), (0, 0), sigma) * sigma for sigma in (1.5, 5)]
    image = sum(layers)
    return np.clip(128 + 60 * image / image.std(), 0, 255).astype(np.uint8)


def pair(seed: int, **changes: object) -> EvalPair:
    """A scene at both focal lengths, X 48×64 and Y 96×128 pixels, and what is to be otherwise."""
    y = scene(seed)
    x = cv2.resize(y, None, fx=1 / SCALE, fy=1 / SCALE, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(x, y.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return EvalPair(**{"name": f"pair{seed}", "x": x, "enlarged": enlarged, "y": y, **changes})  # type: ignore[arg-type]
