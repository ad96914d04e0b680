"""Pictures of smooth noise, which registration likes, and what they are when reduced."""

from __future__ import annotations

import cv2
import numpy as np


def texture(height, width, seed=0):
    """height×width×3 uint8."""
    noise = np.random.default_rng(seed).standard_normal((height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2) * 5 + cv2.GaussianBlur(noise, (0, 0), 6) * 10
    return np.clip(128 + 30 * smooth, 0, 255).astype(np.uint8)


def block_means(image, scale):
    """Means over scale×scale blocks, as float64; what is left over at the ends is cut."""
    height, width = (side // scale for side in image.shape[:2])
    cut = image[: height * scale, : width * scale].astype(np.float64)
    return cut.reshape(height, scale, width, scale, 3).mean((1, 3))
