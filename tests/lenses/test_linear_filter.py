"""Zooming by least squares: filters that are found again, what counts, sums, and what is refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registered import SCENES, registered_city100

from opticalzoom.errors import ConfigError, PairError, ShapeError
from opticalzoom.lenses.linear_filter import LinearFilter, filter_equations, fit_filter, solve_filter


def known_filter(scale: int, radius: int, seed: int = 0) -> LinearFilter:
    """Small random kernels of sum zero."""
    kernels = np.random.default_rng(seed).normal(0, 0.02, (3, scale**2, 2 * radius + 1, 2 * radius + 1))
    return LinearFilter(scale, (kernels - kernels.mean(axis=(2, 3), keepdims=True)).astype(np.float32))


def picture(height: int, width: int, seed: int = 1) -> np.ndarray:
    """H×W×3 float32 noise in [0, 1]."""
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


def everywhere(y: np.ndarray) -> np.ndarray:
    """All pixels trusted."""
    return np.ones(y.shape[:2], bool)


@pytest.mark.parametrize(("scale", "radius"), [(2, 1), (3, 2), (4, 2), (8, 1)])
def test_the_filter_that_made_y_is_found(scale, radius):
    truth, x = known_filter(scale, radius), picture(60, 71)
    y = truth.zoom(x)
    found = fit_filter([(x, y, everywhere(y))], scale, radius, ridge=1e-9)
    np.testing.assert_allclose(found.kernels, truth.kernels, atol=2e-5)
    assert (found.scale, found.radius) == (scale, radius)


def test_zoom_is_bicubic_plus_correlation_with_repeated_borders():
    x, truth = picture(7, 9), known_filter(3, 2)
    expected = cv2.resize(x, (27, 21), interpolation=cv2.INTER_CUBIC).astype(np.float64)
    padded = np.pad(x, ((2, 2), (2, 2), (0, 0)), mode="edge").astype(np.float64)
    for row, column, colour in np.ndindex(21, 27, 3):
        window = padded[row // 3 : row // 3 + 5, column // 3 : column // 3 + 5, colour]
        expected[row, column, colour] += (window * truth.kernels[colour, row % 3 * 3 + column % 3]).sum()
    np.testing.assert_allclose(truth.zoom(x), expected, atol=1e-5)


def test_what_bicubic_gives_needs_no_filter():
    x = picture(30, 30)
    y = cv2.resize(x, (60, 60), interpolation=cv2.INTER_CUBIC)
    assert np.abs(fit_filter([(x, y, everywhere(y))], 2).kernels).max() < 1e-6


@settings(max_examples=25, deadline=None)
@given(level=st.floats(0, 1), seed=st.integers(0, 99))
def test_flat_pictures_stay_as_they_are(level, seed):
    flat = np.full((6, 7, 3), level, np.float32)
    np.testing.assert_allclose(known_filter(2, 2, seed).zoom(flat), level, atol=1e-5)


def test_untrusted_pixels_do_not_count():
    truth, x = known_filter(3, 1), picture(40, 50)
    y = truth.zoom(x)
    trusted = everywhere(y)
    y[:60, :75], trusted[:60, :75] = 0, False
    y[100, 100], trusted[100, 100] = 7, False  # one of nine pixels of a pixel of X
    np.testing.assert_allclose(fit_filter([(x, y, trusted)], 3, 1, 1e-9).kernels, truth.kernels, atol=2e-5)


def test_equations_of_pairs_can_be_added_and_taken_away():
    truth = known_filter(2, 2)
    pairs = [(x, y, everywhere(y)) for x in (picture(30, 33, seed) for seed in range(3)) for y in [truth.zoom(x)]]
    first, second, third = (filter_equations(*pair, 2, 2) for pair in pairs)
    others = first + second + third - second
    expected = fit_filter([pairs[0], pairs[2]], 2, 2)
    np.testing.assert_allclose(solve_filter(others, 2).kernels, expected.kernels, atol=1e-6)


def test_noise_makes_the_filter_smaller_as_the_ridge_does():
    truth, x = known_filter(2, 2), picture(60, 60)
    y = truth.zoom(x)
    size = [np.abs(fit_filter([(x, y, everywhere(y))], 2, 2, ridge).kernels).sum() for ridge in (1e-6, 1e-2, 1.0)]
    assert size[0] > size[1] > size[2] > 0


def test_what_is_refused():
    x, y = picture(20, 20), picture(40, 40)
    with pytest.raises(PairError, match="no pairs"):
        fit_filter([], 2)
    with pytest.raises(PairError, match="no trusted pixels"):
        fit_filter([(x, y, ~everywhere(y))], 2)
    with pytest.raises(PairError, match="no trusted pixels"):
        fit_filter([(x[:8], y[:16], everywhere(y[:16]))], 2)  # smaller than a kernel
    for ridge in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="expected a number above 0"):
            fit_filter([(x, y, everywhere(y))], 2, ridge=ridge)
    with pytest.raises(ShapeError, match=r"\(20, 20, 3\), \(39, 40, 3\)"):
        fit_filter([(x, y[1:], everywhere(y[1:]))], 2)
    for shape in [(3, 4, 5, 4), (3, 9, 5, 5), (1, 4, 5, 5), (3, 4, 4, 4)]:
        with pytest.raises(ShapeError, match="expected"):
            LinearFilter(2, np.zeros(shape, np.float32))


def test_one_pair_of_a_phone_is_worth_half_a_decibel():
    """What DESIGN.md §3 measured of the same pictures: bicubic 24.39 dB, and 24.9 by a filter from one other pair."""
    learned, *tests = registered_city100("iPhoneX", 3, ["005", *SCENES["iPhoneX"]])
    fitted = fit_filter([learned], 3)
    bicubic = LinearFilter(3, np.zeros_like(fitted.kernels))
    scores = np.array([[psnr_y(method.zoom(x), y) for method in (bicubic, fitted)] for x, y, _ in tests])
    assert scores[:, 0].mean() == pytest.approx(24.39, abs=0.01)
    assert scores[:, 1].mean() == pytest.approx(24.9, abs=0.1)
    assert (scores[:, 1] - scores[:, 0]).min() > 0.2


def psnr_y(picture: np.ndarray, truth: np.ndarray) -> float:
    """DB on limited-range Y, after rounding to 8 bit as a file would be."""
    error = (np.round(np.clip(picture, 0, 1) * 255) / 255 - truth) @ (np.array([65.481, 128.553, 24.966]) / 255)
    return float(-10 * np.log10(np.mean(np.square(error))))
