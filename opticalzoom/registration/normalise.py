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


_NEIGHBOURHOOD = 8.0  # sigma in pixels within which contrast is measured
_FLATTEST = 5  # percent of the picture that show its noise, if no more than that
_NOISE_RANGE = (0.4, 1.5)  # of 255
_VISIBLE = 3.0  # times the noise: contrast from which on there is something to be seen


def evidence_of(luminance: Image, blur: float) -> NDArray[np.float32]:
    """How much there is to be seen around each pixel, H×W float32: 0 for nothing but noise, 1 for clear structure.

    Args:
        luminance: H×W, 0 to 255.
        blur: sigma in pixels that removes the noise and not the structure.
    """
    grey = cv2.GaussianBlur(luminance.astype(np.float32), (0, 0), blur)
    mean = _smooth(grey, _NEIGHBOURHOOD)
    contrast = np.sqrt(np.maximum(_smooth(np.square(grey - mean), _NEIGHBOURHOOD), 0))
    noise = _VISIBLE * np.clip(np.percentile(contrast[::4, ::4], _FLATTEST), *_NOISE_RANGE)
    power = np.square(np.square(contrast / noise))
    return np.asarray(power / (1 + power), dtype=np.float32)


def local_correlation(a: Image, b: Image, weight: Image | float = 1.0) -> float:
    """Correlation coefficient of two normalised images, each pixel with a weight; 0 where one of them is flat."""
    deviation_a, deviation_b = a.astype(np.float32) - 128, b.astype(np.float32) - 128
    norm = float(np.sqrt((weight * deviation_a**2).mean() * (weight * deviation_b**2).mean()))
    return float((weight * deviation_a * deviation_b).mean()) / norm if norm > 0 else 0.0


_COARSE_SIGMAS = (8.0, 16.0, 32.0)
"""Pixels: details of these sizes, each up to twice as large, are compared, where there are any."""
_LEAST_CONTRAST = 2.0  # of 255, standard deviation of such details: less may be shading
_LEAST_ACROSS = 12  # times sigma that a picture has to be wide


def coarse_correlation(a: Image, b: Image, shown: NDArray[np.bool_]) -> float:
    """Least correlation coefficient of two pictures' coarse details, size by size; 1 where they have none.

    Pictures of one thing agree at every size. Two brick walls agree in their joints, but not in their bricks' tones.

    Args:
        a: H×W, 0 to 255, luminance.
        b: H×W, likewise, lying on ``a``.
        shown: H×W, where both show something.
    """
    least = 1.0
    for sigma in _COARSE_SIGMAS:
        if min(a.shape) < _LEAST_ACROSS * sigma:
            break
        factor = sigma / 3
        weight = shrink(shown.astype(np.float32), factor)
        one, other = (_details(shrink(part.astype(np.float32), factor), weight, sigma / factor) for part in (a, b))
        used = weight > 0.5
        if used.any() and min(one[used].std(), other[used].std()) >= _LEAST_CONTRAST:
            least = min(least, float(np.corrcoef(one[used], other[used])[0, 1]))
    return least


def _details(picture: Image, weight: Image, sigma: float) -> Image:
    """What is about as large as ``sigma``: the difference of two Gaussian means of what has weight."""
    fine, rough = (
        cv2.GaussianBlur(picture * weight, (0, 0), size)
        / np.maximum(cv2.GaussianBlur(weight, (0, 0), size), np.float32(1e-3))
        for size in (sigma, 2 * sigma)
    )
    return np.asarray(fine - rough, np.float32)
