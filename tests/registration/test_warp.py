from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opticalzoom.pairs.simulate.misalignment import random_homography, random_local_field
from opticalzoom.registration.warp import (
    compose,
    homography_field,
    inside,
    invert,
    sample,
    scaled_homography,
)


def smooth_picture(height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(0).uniform(0, 255, (height, width, 3)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 3)


def homography(strength: float = 6.0, height: int = 60, width: int = 80) -> np.ndarray:
    return random_homography(np.random.default_rng(4), height, width, strength)


def test_homography_field_is_warp_perspective():
    picture, h = smooth_picture(60, 80), homography()
    expected = cv2.warpPerspective(
        picture, h, (80, 60), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT_101
    )
    got = sample(picture, homography_field(h, 60, 80), interpolation=cv2.INTER_LINEAR)
    assert np.abs(got - expected).max() < 0.5
    assert np.abs(got - picture).max() > 5


def test_scaled_homography_moves_the_same_points():
    h, factor = homography(), 3.0
    large = scaled_homography(h, factor)
    point = np.array([11.0, 23.0, 1.0])
    small_to = h @ point
    small_to = small_to[:2] / small_to[2]
    enlarged = np.append((point[:2] + 0.5) * factor - 0.5, 1)
    large_to = large @ enlarged
    assert np.allclose(large_to[:2] / large_to[2], (small_to + 0.5) * factor - 0.5)
    assert np.allclose(scaled_homography(h, 1.0), h)


def smooth_field(height: int, width: int, largest: float = 3.0) -> np.ndarray:
    return random_local_field(np.random.default_rng(7), height, width, largest)


def test_composition_equals_sampling_twice():
    picture, first, second = smooth_picture(90, 120), smooth_field(90, 120), homography_field(homography(), 90, 120)
    twice = sample(sample(picture, first), second)
    once = sample(picture, compose(first, second))
    assert np.abs(once - twice)[12:-12, 12:-12].max() < 1.0


@pytest.mark.parametrize("order", [0, 1])
def test_a_field_and_its_inverse_cancel(order):
    field = smooth_field(90, 120)
    pair = (field, invert(field))
    rest = compose(pair[order], pair[1 - order])
    assert np.linalg.norm(rest, axis=-1)[8:-8, 8:-8].max() < 0.02


def test_the_inverse_of_a_shift_is_the_opposite_shift():
    field = np.full((20, 30, 2), (1.5, -2.0), np.float32)
    assert np.allclose(invert(field), -field)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_inside_agrees_with_a_loop(height, width, other_height, other_width, seed):
    field = np.random.default_rng(seed).integers(-4, 5, (height, width, 2)).astype(np.float32)
    expected = np.zeros((height, width), bool)
    for y in range(height):
        for x in range(width):
            to_y, to_x = y + field[y, x, 0], x + field[y, x, 1]
            expected[y, x] = 0 <= to_y <= other_height - 1 and 0 <= to_x <= other_width - 1
    assert (inside(field, other_height, other_width) == expected).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([np.uint8, np.uint16, np.float32]))
def test_no_displacement_changes_nothing_at_any_size(height, width, dtype):
    picture = np.random.default_rng(0).uniform(0, 200, (height, width, 3)).astype(dtype)
    same = sample(picture, np.zeros((height, width, 2), np.float32))
    assert same.dtype == dtype
    assert np.allclose(same, picture, atol=1e-3)
