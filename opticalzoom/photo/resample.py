"""Pictures at any other size: antialiased, with exact positions."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from opticalzoom.errors import ConfigError
from opticalzoom.photo.image import from_float, to_float

FILTER = Image.Resampling.LANCZOS
"""Whatever a picture is reduced or enlarged with; Pillow widens it when reducing, so that nothing aliases."""


def resampled(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """H×W×C uint8 or uint16 at height×width, of the same dtype; computed in float32, each channel for itself."""
    planes = (Image.fromarray(plane) for plane in np.moveaxis(to_float(pixels), -1, 0))
    resized = [np.asarray(plane.resize((width, height), FILTER)) for plane in planes]
    return from_float(np.stack(resized, axis=-1), pixels.dtype)


def scaled_size(shape: tuple[int, int], scale: float) -> tuple[int, int]:
    """Height and width times ``scale``, rounded to nearest, at least 1.

    Raises:
        ConfigError: the scale is not a number above 0.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise ConfigError(f"the scale is {scale:g}, expected a number above 0.")
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
