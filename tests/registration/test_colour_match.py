"""Colour matching against maps that are known."""

from __future__ import annotations

import numpy as np
import pytest

from opticalzoom.registration.colour_match import match_colour


@pytest.fixture
def picture() -> np.ndarray:
    """Smooth random colours, so that blurring leaves enough to fit."""
    coarse = np.random.default_rng(0).random((5, 6, 3))
    return np.kron(coarse, np.ones((16, 16, 1))).astype(np.float32)


MAP = np.array([[0.9, 0.05, 0.0], [0.02, 0.8, 0.1], [0.0, -0.05, 1.1]], np.float32)
SHIFT = np.array([0.02, -0.03, 0.05], np.float32)


def test_recovers_an_affine_map(picture):
    target = picture @ MAP + SHIFT
    mask = np.ones(picture.shape[:2], bool)
    np.testing.assert_allclose(match_colour(picture, target, mask), target, atol=1e-3)


def test_only_the_mask_counts(picture):
    target = picture @ MAP + SHIFT
    mask = np.ones(picture.shape[:2], bool)
    mask[20:50, 30:70] = False
    spoilt = np.where(mask[..., None], target, 0).astype(np.float32)
    np.testing.assert_allclose(match_colour(picture, spoilt, mask), target, atol=1e-3)


def test_keeps_the_detail_of_the_source(picture):
    noise = np.random.default_rng(1).normal(0, 0.05, picture.shape).astype(np.float32)
    matched = match_colour(picture + noise, picture, np.ones(picture.shape[:2], bool))
    assert np.std(matched - picture) > 0.04


def test_flat_picture_gets_the_target_colour():
    source, target = np.full((20, 20, 3), 0.5, np.float32), np.full((20, 20, 3), 0.6, np.float32)
    np.testing.assert_allclose(match_colour(source, target, np.ones((20, 20), bool)), target, atol=1e-3)


def test_empty_mask_changes_nothing(picture):
    mask = np.zeros(picture.shape[:2], bool)
    np.testing.assert_array_equal(match_colour(picture, picture[::-1], mask), picture)


def test_clipped_pixels_do_not_bend_the_map(picture):
    target = picture * np.float32(0.8)
    exposed = np.clip(2 * picture, 0, 1)  # one stop more: half of the picture is clipped
    mask = np.ones(picture.shape[:2], bool)
    kept = (exposed < 0.9).all(axis=-1)
    np.testing.assert_allclose(match_colour(exposed, target, mask)[kept], target[kept], atol=1e-3)
