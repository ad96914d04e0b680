"""Colour profiles, and how Little CMS renders pictures in them."""

from __future__ import annotations

import imagecodecs
import numpy as np

D65 = (0.3127, 0.3290, 1.0)
PRIMARIES = {  # x, y of red, green, blue
    "srgb": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06),
    "p3": (0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    "adobe": (0.64, 0.33, 0.21, 0.71, 0.15, 0.06),
    "prophoto": (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001),
}


def rgb_profile(gamma: float = 2.2, primaries: str = "srgb") -> bytes:
    points = [(x, y, 1.0) for x, y in zip(PRIMARIES[primaries][::2], PRIMARIES[primaries][1::2], strict=True)]
    return imagecodecs.cms_profile("rgb", whitepoint=D65, primaries=np.ravel(points), gamma=gamma)


def grey_profile(gamma: float = 2.2) -> bytes:
    return imagecodecs.cms_profile("gray", gamma=gamma)


def rendered(pixels: np.ndarray, icc: bytes) -> np.ndarray:
    """H×W×C pixels of 8 or 16 bits in a profile, as H×W×3 sRGB in [0, 1], computed in floats."""
    colours = 1 if pixels.shape[2] < 3 else 3
    floats = np.ascontiguousarray(pixels[..., :colours] / np.float32(np.iinfo(pixels.dtype).max), np.float32)
    spaces = {"colorspace": "gray" if colours == 1 else "rgb", "outcolorspace": "rgb"}
    source = floats[..., 0] if colours == 1 else floats
    return imagecodecs.cms_transform(source, icc, imagecodecs.cms_profile("srgb"), **spaces).clip(0, 1)
