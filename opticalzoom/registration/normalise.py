"""Local normalisation: what makes pictures of different exposure comparable."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.registration.warp import Image, shrink


def normalise_locally(luminance: Image, sigma: float = 12.0, noise: float = 2.0) -> NDArray[np.uint8]:
    """Mean and contrast of every neighbourhood made equal, H×W uint8 around 128: immune to exposure and shading.

    Args:
        luminance: H×W, 0 to 255.
        sigma: size of the neighbourhood in pixels.
        noise: contrast below which it is not raised any further: flat regions keep their noise small.
    """
    grey = luminance.astype(np.float32)
    mean = _smooth(grey, sigma)
    variance = _smooth(grey * grey, sigma) - mean * mean
    contrast = np.sqrt(np.maximum(variance, noise * noise))
    return np.asarray(np.clip(128 + 40 * (grey - mean) / contrast, 0, 255), dtype=np.uint8)


def _smooth(image: Image, sigma: float) -> Image:
    """Gaussian, on a grid that is fine enough for it."""
    factor = max(1.0, sigma / 3)
    small = cv2.GaussianBlur(shrink(image, factor), (0, 0), sigma / factor)
    return np.asarray(cv2.resize(small, image.shape[1::-1]))


def local_correlation(a: Image, b: Image) -> float:
    """Correlation coefficient of two normalised images; 0 where one of them is flat."""
    deviation_a, deviation_b = a.astype(np.float32) - 128, b.astype(np.float32) - 128
    norm = float(np.sqrt((deviation_a**2).mean() * (deviation_b**2).mean()))
    return float((deviation_a * deviation_b).mean()) / norm if norm > 0 else 0.0
