"""Homographies that are known: pictures warped by OpenCV, and outlines that no camera sees."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from opticalzoom.registration.homography import homography_from_features, is_plausible, refine_ecc
from opticalzoom.registration.resize import corners

SIZE = (240, 320)
TRUE = np.array([[1.03, -0.02, 6.3], [0.03, 0.98, -4.7], [4e-5, -3e-5, 1.0]])
"""Pixels of the fixed picture to those of the moving one."""


@pytest.fixture(scope="module")
def pictures() -> tuple[np.ndarray, np.ndarray]:
    """(moving, fixed): fixed(p) shows what the moving picture has at TRUE(p)."""
    grey = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)[: SIZE[0], 100 : 100 + SIZE[1]]
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return grey, cv2.warpPerspective(grey, TRUE, SIZE[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)


def largest_error(found: np.ndarray) -> float:
    """Pixels, at the worst corner of the picture."""
    ends = [cv2.perspectiveTransform(corners(*SIZE)[None], matrix)[0] for matrix in (found, TRUE)]
    return float(np.linalg.norm(ends[0] - ends[1], axis=1).max())


def test_features_find_a_known_homography_and_ecc_refines_it(pictures):
    moving, fixed = pictures
    found = homography_from_features(moving, fixed)
    assert found.inliers >= 100
    assert largest_error(found.homography) < 0.5
    assert largest_error(refine_ecc(moving, fixed, found.homography)) < 0.1


def test_ecc_mends_a_shift_of_a_pixel(pictures):
    shifted = np.array([[1, 0, 1.0], [0, 1, -0.8], [0, 0, 1]]) @ TRUE
    assert largest_error(shifted) > 1
    assert largest_error(refine_ecc(*pictures, shifted)) < 0.1


def test_pictures_without_features_have_none(pictures):
    flat = np.full(SIZE, 90, np.uint8)
    assert homography_from_features(flat, pictures[1]) is None
    assert homography_from_features(pictures[0], flat) is None


def test_where_ecc_has_nothing_to_hold_on_to_the_homography_stays():
    flat = np.full(SIZE, 90, np.uint8)
    assert np.array_equal(refine_ecc(flat, flat, TRUE), TRUE)


@pytest.mark.parametrize(
    ("matrix", "plausible"),
    [
        (np.eye(3), True),
        (np.diag([1.2, 0.9, 1.0]), True),
        (np.diag([-1.0, 1.0, 1.0]), False),
        (np.diag([20.0, 20.0, 1.0]), False),
        (np.array([[1, 0, 0], [0, 1, 0], [-0.02, 0, 1]], float), False),
        (np.full((3, 3), np.nan), False),
    ],
    ids=["identity", "stretch", "mirror", "too large", "behind", "nan"],
)
def test_implausible_homographies_are_seen(matrix, plausible):
    assert is_plausible(matrix, 100, 150) == plausible
