"""Reduced pictures know where their pixels lie in the photograph: a ramp's values are its coordinates."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opticalzoom.photo.window import Window
from opticalzoom.registration.plane import Plane, normalised, plane, whole

PART = Window(slice(10, 50), slice(24, 84))
HOMOGRAPHY = np.array([[1.1, 0.05, 3.0], [-0.04, 0.95, -2.0], [1e-4, -2e-4, 1.0]])


def ramp(axis: int) -> np.ndarray:
    """80×120×3 float32: the row or the column of every pixel, in hundredths."""
    return np.repeat(np.indices((80, 120))[axis][..., None].astype(np.float32) / 100, 3, axis=2)


@pytest.mark.parametrize("sampling", [0.25, 0.4, 1.0, 1.7])
def test_a_planes_pixels_lie_where_its_matrix_says(sampling):
    y, x = (plane(ramp(axis), PART, sampling) for axis in (0, 1))
    assert y.size == (round(40 * sampling), round(60 * sampling))
    rows, columns = np.indices(y.size)
    expected = np.tensordot(y.to_photo, np.stack((columns, rows, np.ones(y.size))), axes=1)
    inner = np.s_[2:-2, 2:-2]  # cubic interpolation repeats the border
    np.testing.assert_allclose(x.grey[inner] / 2.55, expected[0][inner], atol=0.06)
    np.testing.assert_allclose(y.grey[inner] / 2.55, expected[1][inner], atol=0.06)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("sampling", [0.5, 1.0])
def test_grey_is_itu_601s_luma_from_0_to_255_whatever_the_type(dtype, sampling):
    largest = 1 if dtype is np.float32 else np.iinfo(dtype).max
    colour = np.array([0.8, 0.4, 0.2])
    image = np.broadcast_to((colour * largest).astype(dtype), (8, 8, 3)).copy()
    grey = plane(image, whole(image), sampling).grey
    assert grey.dtype == np.float32
    np.testing.assert_allclose(grey, 255 * colour @ [0.299, 0.587, 0.114], atol=1)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.2, 2), st.floats(0.2, 2), st.tuples(st.floats(0, 30), st.floats(0, 30)))
def test_between_planes_and_back_between_photographs(one_sampling, other_sampling, point):
    image = np.zeros((80, 120, 3), np.uint8)
    one, other = plane(image, PART, one_sampling), plane(image, whole(image), other_sampling)
    planes = one.between(other, HOMOGRAPHY)

    def moved(points: np.ndarray, *matrices: np.ndarray) -> np.ndarray:
        for matrix in matrices:
            points = cv2.perspectiveTransform(points, matrix)
        return points

    start = np.array([[point]], np.float64)
    expected = moved(start, one.to_photo, HOMOGRAPHY, np.linalg.inv(other.to_photo))
    np.testing.assert_allclose(moved(start, planes), expected, atol=1e-8)
    np.testing.assert_allclose(one.photos(other, planes), HOMOGRAPHY, atol=1e-10)


def test_the_whole_picture_is_all_rows_and_columns():
    image = np.arange(24).reshape(4, 2, 3)
    rows, columns = whole(image)
    assert np.array_equal(image[rows, columns], image)


def test_a_plane_keeps_a_pixel_of_the_smallest_part():
    assert plane(np.zeros((5, 5, 3), np.uint8), Window(slice(2, 3), slice(1, 5)), 0.1).size == (1, 1)


def test_homographies_are_normalised_where_that_can_be():
    np.testing.assert_array_equal(normalised(2 * HOMOGRAPHY), HOMOGRAPHY)
    infinite = np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(normalised(infinite), infinite)


def test_a_plane_of_the_photograph_itself_changes_nothing():
    same = Plane(np.zeros((3, 3), np.float32), np.eye(3))
    np.testing.assert_array_equal(same.between(same, HOMOGRAPHY), HOMOGRAPHY)
