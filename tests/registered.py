"""Registered pairs of real cameras, as arrays; tests that ask for them skip where they are missing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image
from places import SHARED

Registered = tuple[np.ndarray, np.ndarray, np.ndarray]
"""x H×W×3 and y sH×sW×3, float32 display values in [0, 1]; trusted sH×sW bool."""

SCENES = {"iPhoneX": ("001", "016", "048"), "NikonD5500": ("001", "016", "048", "060", "098")}
"""The official test pairs of City100 that are here."""


def registered_city100(camera: str, scale: int, names: list[str]) -> list[Registered]:
    """City100 as its authors aligned it, all trusted: L reduced by area averages, H cropped to it."""
    folder = SHARED / "data" / "city100" / camera
    if not folder.is_dir():
        pytest.skip("City100 is not beside the repository (../shared/data/city100)")
    pairs = []
    for name in names:
        low, high = (np.array(Image.open(folder / f"{name}{kind}.webp").convert("RGB")) for kind in "LH")
        height, width = (side // scale for side in low.shape[:2])
        part = slice(height * scale), slice(width * scale)
        small = cv2.resize(low[part], (width, height), interpolation=cv2.INTER_AREA)
        trusted = np.ones((height * scale, width * scale), bool)
        pairs.append((small.astype(np.float32) / 255, high[part].astype(np.float32) / 255, trusted))
    return pairs
