from __future__ import annotations

import numpy as np
import pytest

from opticalzoom.photo.colour.srgb import camera_to_srgb, linear_to_srgb, srgb_to_camera, srgb_to_linear

MATRIX = np.array([[1.6, -0.4, -0.2], [-0.2, 1.5, -0.3], [0.0, -0.5, 1.5]])


@pytest.mark.parametrize(
    ("encoded", "linear"), [(0, 0), (0.04045, 0.0031308), (0.5, 0.21404114), (188 / 255, 0.50288646), (1, 1)]
)
def test_srgb_has_the_standard_values(encoded, linear):
    assert srgb_to_linear(np.float32([encoded]))[0] == pytest.approx(linear, abs=1e-6)
    assert linear_to_srgb(np.float32([linear]))[0] == pytest.approx(encoded, abs=1e-5)


def test_srgb_returns_to_where_it_came_from():
    values = np.linspace(0, 1, 257, dtype=np.float32)
    assert np.abs(linear_to_srgb(srgb_to_linear(values)) - values).max() < 1e-5


def test_camera_colours_return_to_where_they_came_from():
    encoded = np.random.default_rng(0).random((5, 7, 3), np.float32)
    assert np.abs(camera_to_srgb(srgb_to_camera(encoded, MATRIX), MATRIX) - encoded).max() < 1e-5


def test_white_stays_white_and_what_srgb_lacks_is_clipped():
    assert np.allclose(camera_to_srgb(np.ones((1, 1, 3), np.float32), MATRIX), 1, atol=1e-6)
    assert camera_to_srgb(np.float32([[[1, 0, 0]]]), MATRIX)[0, 0] == pytest.approx([1, 0, 0], abs=1e-6)
