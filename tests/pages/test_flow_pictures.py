"""Fields and overlays whose colours are known."""

from __future__ import annotations

import numpy as np
import pytest

from opticalzoom.errors import ShapeError
from opticalzoom.pages.flow_pictures import flow_limit, flow_picture, flow_wheel, overlay
from opticalzoom.pages.pictures import magnify


@pytest.mark.parametrize(
    ("dy", "dx", "colour"),
    [
        (0, 0, (255, 255, 255)),
        (0, 2, (255, 0, 0)),  # right: red
        (0, -2, (0, 255, 255)),  # left: its complement
        (0, 1, (255, 128, 128)),  # half as far: half as saturated
        (0, 9, (255, 0, 0)),  # beyond the limit
        (2, 0, (128, 255, 0)),  # down
    ],
)
def test_flow_colours(dy, dx, colour):
    offset = np.broadcast_to(np.array([dy, dx], np.float32), (3, 4, 2))
    wheel = flow_wheel(offset, limit=2)
    assert wheel.shape == (3, 4, 3)
    np.testing.assert_allclose(wheel[1, 2], colour, atol=1)


def test_flow_limit_ignores_outliers_and_noise():
    offset = np.full((100, 100, 2), 0.0, np.float32)
    assert flow_limit(offset) == 0.1
    offset[..., 0], offset[..., 1] = 3, 4
    offset[0, :5] = 1000
    assert flow_limit(offset) == pytest.approx(5)


def test_flow_picture_keeps_the_field_at_the_left_and_adds_a_legend():
    offset = np.random.default_rng(0).normal(size=(64, 80, 2)).astype(np.float32)
    picture = flow_picture(offset, limit=2)
    np.testing.assert_array_equal(picture[:256, :320], magnify(flow_wheel(offset, 2), 4))
    assert picture.shape[1] > 320


def test_overlay_of_equal_pictures_is_grey_and_differences_are_coloured():
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    np.testing.assert_array_equal(overlay(white, white), white)
    np.testing.assert_array_equal(overlay(black, white)[0, 0], (0, 255, 255))
    with pytest.raises(ShapeError):
        overlay(black, np.zeros((3, 2, 3), np.uint8))
