"""A long shot that is a known crop of the wide one, enlarged."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from opticalzoom.registration.locate import (
    SearchGrid,
    by_correlation,
    by_features,
    field_of_view,
    locate,
    locate_anywhere,
)
from opticalzoom.registration.plane import plane, whole
from opticalzoom.registration.resize import corners, resize_matrix

PIXELS = 2.0
"""Pixels of the long shot that one of the wide shot spans."""
TOP, LEFT, SIZE = 130, 150, (240, 260)


def crop(wide: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The long shot, and the homography from the wide shot's pixels to its own."""
    part = wide[TOP : TOP + SIZE[0], LEFT : LEFT + SIZE[1]]
    shift = np.array([[1, 0, -LEFT], [0, 1, -TOP], [0, 0, 1.0]])
    return cv2.resize(part, None, fx=PIXELS, fy=PIXELS, interpolation=cv2.INTER_CUBIC), resize_matrix(PIXELS) @ shift


def blobs() -> np.ndarray:
    """A wide shot with too little texture for features."""
    y, x = np.mgrid[:512, :512].astype(np.float32)
    centres = [(200, 180), (300, 330), (240, 400), (330, 220)]
    light = sum(np.exp(-((y - row) ** 2 + (x - column) ** 2) / 2500) for row, column in centres)
    return np.repeat((60 + 120 * np.clip(light, 0, 1))[..., None], 3, axis=2).astype(np.uint8)


def error(found: np.ndarray, true: np.ndarray) -> float:
    """Pixels of the long shot, at the worst corner of what both show."""
    points = (corners(*SIZE) + np.array([LEFT, TOP]))[None]
    ends = [cv2.perspectiveTransform(points, matrix)[0] for matrix in (found, true)]
    return float(np.linalg.norm(ends[0] - ends[1], axis=1).max())


@pytest.mark.parametrize("pixels", [PIXELS, PIXELS * 1.04], ids=["exact", "rounded metadata"])
def test_a_known_crop_is_located(pixels):
    wide = data.astronaut()
    long, true = crop(wide)
    found = locate(long, wide, pixels)
    assert error(found.homography, true) < 12


def test_features_locate_it_anywhere_to_a_pixel():
    wide = data.astronaut()
    long, true = crop(wide)
    found = locate_anywhere(long, wide)
    assert found.inliers >= 100
    assert error(found.homography, true) < 1


def test_correlation_finds_the_roll_where_there_are_no_features():
    wide = blobs()
    long, true = crop(wide)
    height, width = long.shape[:2]
    turn = np.vstack((cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 5, 1), [0, 0, 1]))
    turned = cv2.warpAffine(long, turn[:2], (width, height), borderMode=cv2.BORDER_REFLECT)
    planes = plane(turned, whole(turned), 0.5), plane(wide, whole(wide), 1.0)
    assert by_features(*planes) is None
    found = by_correlation(*planes, PIXELS, SearchGrid((0.0, -5.0, 5.0), (1.0,), 0.5))
    assert found.inliers == 0
    assert error(found.homography, turn @ true) < 8
    assert by_correlation(*planes, PIXELS, SearchGrid((0.0,), (1.0,), 0.9999)) is None


def test_another_scene_is_not_located():
    coffee = data.coffee()
    assert locate_anywhere(coffee, data.astronaut()) is None


def test_the_field_of_view_is_the_middle_and_its_margin():
    long, wide = np.zeros((200, 400, 3), np.uint8), np.zeros((600, 800, 3), np.uint8)
    rows, columns = field_of_view(long, wide, 2.0, margin=0.0)
    assert (rows, columns) == (slice(250, 350), slice(300, 500))
    rows, columns = field_of_view(long, wide, 2.0, margin=0.25)
    assert (rows, columns) == (slice(225, 375), slice(250, 550))
    assert field_of_view(long, wide, 0.1) == whole(wide)
