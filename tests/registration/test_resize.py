from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom.registration.resize import corners, resize_matrix

sides = st.integers(1, 200)


@given(sides, sides, sides, sides)
def test_the_outer_edges_of_the_pixels_stay_the_edges(height, width, other_height, other_width):
    matrix = resize_matrix(other_height / height, other_width / width)
    assert np.allclose(matrix @ [-0.5, -0.5, 1], [-0.5, -0.5, 1])
    assert np.allclose(matrix @ [width - 0.5, height - 0.5, 1], [other_width - 0.5, other_height - 0.5, 1])


@pytest.mark.parametrize("size", [(30, 40), (45, 20)])
def test_opencv_resizes_as_the_matrix_says(size):
    ramp = np.dstack(np.meshgrid(np.arange(20, dtype=np.float32), np.arange(15, dtype=np.float32)))
    resized = cv2.resize(ramp, size, interpolation=cv2.INTER_LINEAR)
    x, y = 0.4 * size[0], 0.6 * size[1]
    expected = resize_matrix(15 / size[1], 20 / size[0]) @ [round(x), round(y), 1]
    assert resized[round(y), round(x)] == pytest.approx(expected[:2], abs=0.02)


def test_the_corners_are_those_of_the_pixels():
    assert corners(3, 5).tolist() == [[0, 0], [4, 0], [4, 2], [0, 2]]
