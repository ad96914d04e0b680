"""Contrast of kernels whose transfer is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opticalzoom.lenses.modulation import FREQUENCIES, displacement, mtf, mtf50


def pixel_kernel(scale: int, width: int = 5) -> np.ndarray:
    """The mean over one pixel of X."""
    kernel = np.zeros((width * scale, width * scale))
    first = width // 2 * scale
    kernel[first : first + scale, first : first + scale] = 1 / scale**2
    return kernel


def moved(kernel: np.ndarray, down: int, right: int) -> np.ndarray:
    """By whole pixels of Y; what leaves at one side comes in at the other."""
    return np.roll(kernel, (down, right), axis=(-2, -1))


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_a_pixel_has_the_contrast_of_a_mean_of_samples(scale):
    curve = mtf(pixel_kernel(scale), scale, 0.0)
    with np.errstate(invalid="ignore"):
        expected = np.sin(np.pi * FREQUENCIES) / (scale * np.sin(np.pi * FREQUENCIES / scale))
    np.testing.assert_allclose(curve[1:], np.abs(expected[1:]), atol=1e-12)
    assert curve[0] == 1


def test_directions_are_those_of_the_picture():
    """Blur along the rows takes waves along the rows and leaves those along the columns."""
    kernel = np.zeros((15, 15))
    kernel[7, 4:11] = 1 / 7
    along_rows, along_columns = mtf(kernel, 3, 0.0), mtf(kernel, 3, np.pi / 2)
    np.testing.assert_allclose(along_columns, 1, atol=1e-12)
    assert mtf50(along_rows) == pytest.approx(0.2605, abs=1e-3)  # sin(7πf/3) / (7 sin(πf/3)) = ½
    assert mtf50(along_rows) < mtf50(mtf(kernel, 3)) < 1


def test_mtf50_is_where_the_curve_crosses_one_half():
    curves = np.stack([1 - FREQUENCIES / 2, 1 - FREQUENCIES, np.exp(-((FREQUENCIES / 0.2) ** 2))])
    expected = [1, 0.5, 0.2 * np.sqrt(np.log(2))]
    np.testing.assert_allclose(mtf50(curves), expected, atol=1e-4)
    assert mtf50(np.full(101, 0.9)) == 1  # it never falls so far


@settings(max_examples=30, deadline=None)
@given(down=st.integers(-3, 3), right=st.integers(-3, 3), scale=st.sampled_from([2, 3, 4]))
def test_displacement_of_a_kernel_that_was_moved(down, right, scale):
    """A kernel whose taps lie further down shows at p what the other one shows further down."""
    kernel = pixel_kernel(scale)
    found = displacement(moved(kernel, down, right), kernel, scale)
    np.testing.assert_allclose(found, (down / scale, right / scale), atol=1e-9)
    np.testing.assert_allclose(mtf(moved(kernel, down, right), scale), mtf(kernel, scale), atol=1e-12)


def test_any_axes_in_front():
    kernels = np.random.default_rng(0).random((2, 4, 3, 10, 10))
    curves = mtf(kernels, 2)
    assert curves.shape == (2, 4, 3, 101)
    np.testing.assert_allclose(curves[1, 2, 0], mtf(kernels[1, 2, 0], 2))
    shifts = displacement(kernels[..., ::2, :, :], kernels[..., 1:2, :, :], 2)
    assert shifts.shape == (2, 4, 2, 2)
    np.testing.assert_allclose(shifts[1, 3, 1], displacement(kernels[1, 3, 2], kernels[1, 3, 1], 2))
