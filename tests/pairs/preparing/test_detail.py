"""Detail beyond X's Nyquist frequency: there by a longer lens, missing in an enlarged crop."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from opticalzoom.pairs.preparing.detail import LEAST_GAIN, detail_gain
from opticalzoom.pairs.simulate.lens_simulation import LensSimulation


def wide_and_long(scale: int) -> tuple[np.ndarray, np.ndarray]:
    y = cv2.resize(data.astronaut(), (768, 768), interpolation=cv2.INTER_CUBIC)
    y = cv2.resize(y, (384, 384), interpolation=cv2.INTER_AREA)
    return LensSimulation(scale, blur=(0.3, 0.6), jpeg=(92, 92)).shoot(y, "a"), y


def everywhere(y: np.ndarray) -> np.ndarray:
    return np.ones(y.shape[:2], bool)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_optical_zoom_has_it(scale):
    x, y = wide_and_long(scale)
    assert detail_gain(y, x, everywhere(y), scale, scale) > LEAST_GAIN + 2


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("method", [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
@pytest.mark.parametrize("stops", [0.0, -1.0])
def test_digital_zoom_has_none_at_any_exposure(scale, method, stops):
    x, _ = wide_and_long(scale)
    y = cv2.resize(x, None, fx=scale, fy=scale, interpolation=method)
    y = np.uint8(y * 2.0 ** (stops / 2.2))
    _, file = cv2.imencode(".jpg", y, [cv2.IMWRITE_JPEG_QUALITY, 92])
    y = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert detail_gain(y, x, everywhere(y), scale, scale) < LEAST_GAIN - 1


def test_where_nothing_is_to_be_seen_or_trusted_it_is_not_known():
    flat = np.full((256, 256, 3), 90, np.uint8)
    assert detail_gain(flat, flat[::2, ::2], everywhere(flat), 2, 2.0) is None
    x, y = wide_and_long(2)
    assert detail_gain(y, x, ~everywhere(y), 2, 2.0) is None
    assert detail_gain(y, x, everywhere(y), 2, 1.1) is None  # Y's own pixels end before
