from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from opticalzoom.errors import PhotoError, ShapeError
from opticalzoom.photo.raw.mosaic import PATTERNS, channel_gains, demosaic, mosaic_of, pack, start_at_red, unpack

even = st.integers(1, 9).map(lambda half: 2 * half)


@given(even, even, st.sampled_from([np.uint16, np.float32, bool]))
def test_packing_is_undone_exactly_and_orders_the_sites(height, width, dtype):
    mosaic = np.random.default_rng(height * 100 + width).integers(0, 60000, (height, width)).astype(dtype)
    packed = pack(mosaic)
    for row in range(height):
        for column in range(width):
            assert packed[row // 2, column // 2, 2 * (row % 2) + column % 2] == mosaic[row, column]
    assert packed.dtype == dtype
    assert np.array_equal(unpack(packed), mosaic)


def test_odd_mosaics_are_not_packed():
    with pytest.raises(ShapeError, match="even sides"):
        pack(np.zeros((3, 4)))


@given(st.sampled_from(PATTERNS), st.integers(3, 11), st.integers(3, 11))
def test_every_phase_is_cut_to_start_at_red(pattern, height, width):
    colours = np.array(list(pattern)).reshape(2, 2)
    part = start_at_red(np.tile(colours, (6, 6))[:height, :width], pattern)
    assert part.shape[0] % 2 == part.shape[1] % 2 == 0
    assert height - 2 <= part.shape[0] <= height
    assert width - 2 <= part.shape[1] <= width
    assert "".join(part[:2, :2].flatten()) == "RGGB"


@pytest.mark.parametrize(("shape", "pattern"), [((4, 4), "RGBG"), ((1, 4), "RGGB"), ((2, 2), "BGGR")])
def test_what_is_no_bayer_mosaic_is_refused(shape, pattern):
    with pytest.raises(PhotoError, match="mosaic"):
        start_at_red(np.zeros(shape), pattern)


def test_gains_are_those_of_the_sites():
    gains = channel_gains(np.array([2.0, 1.0, 3.0]), 4, 2)
    assert gains.tolist() == [[2, 1], [1, 3], [2, 1], [1, 3]]
    assert mosaic_of(np.tile(np.array([2.0, 1.0, 3.0]), (4, 2, 1))).tolist() == gains.tolist()


@given(even, even)
def test_flat_colours_are_interpolated_exactly_at_any_size(height, width):
    picture = np.tile(np.float32([0.2, 0.5, 0.9]), (height, width, 1))
    assert np.abs(demosaic(mosaic_of(picture)) - picture).max() < 1e-6


def test_interpolation_follows_a_ramp_and_keeps_what_was_measured():
    rows, columns = np.mgrid[:12, :16].astype(np.float32)
    picture = np.stack([0.02 * rows + 0.01 * columns + shift for shift in (0.1, 0.2, 0.3)], axis=2)
    result = demosaic(mosaic_of(picture))
    assert np.abs(result - picture)[2:-2, 2:-2].max() < 1e-6
    assert np.array_equal(mosaic_of(result), mosaic_of(picture))


def test_interpolation_is_malvars():
    """Against the paper's Fig. 2 written out for one pixel of each kind."""
    mosaic = np.random.default_rng(1).random((8, 8), np.float32)
    m, result = mosaic, demosaic(mosaic)
    cross = m[4, 3] + m[4, 5] + m[3, 4] + m[5, 4]
    far = m[4, 2] + m[4, 6] + m[2, 4] + m[6, 4]
    corners = m[3, 3] + m[3, 5] + m[5, 3] + m[5, 5]
    assert result[4, 4, 1] == pytest.approx((2 * cross + 4 * m[4, 4] - far) / 8, abs=1e-6)
    assert result[4, 4, 2] == pytest.approx((2 * corners + 6 * m[4, 4] - 1.5 * far) / 8, abs=1e-6)
    diagonal = m[3, 2] + m[3, 4] + m[5, 2] + m[5, 4]  # around green at (4, 3), red left and right
    red = 4 * (m[4, 2] + m[4, 4]) + 5 * m[4, 3] - diagonal - m[4, 1] - m[4, 5] + 0.5 * (m[2, 3] + m[6, 3])
    blue = 4 * (m[3, 3] + m[5, 3]) + 5 * m[4, 3] - diagonal - m[2, 3] - m[6, 3] + 0.5 * (m[4, 1] + m[4, 5])
    assert result[4, 3, 0] == pytest.approx(red / 8, abs=1e-6)
    assert result[4, 3, 2] == pytest.approx(blue / 8, abs=1e-6)


def test_a_photograph_survives_its_mosaic():
    picture = data.coffee()[:200, :300].astype(np.float32) / 255
    error = demosaic(mosaic_of(picture)) - picture
    assert 10 * np.log10(1 / np.mean(error**2)) > 31
