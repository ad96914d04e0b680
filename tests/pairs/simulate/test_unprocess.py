from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.raw.mosaic import demosaic, mosaic_of
from opticalzoom.photo.raw.raw_file import render

NOISELESS = {"shot_noise": (1e-12, 1e-12), "read_noise": (1e-6, 1e-6)}


def test_developing_gives_the_picture_back():
    picture = np.ascontiguousarray(data.astronaut()[:128, :160])
    raw = MosaicSimulation(**NOISELESS).shoot(picture, "astronaut")
    assert raw.mosaic.shape == (128, 160)
    assert raw.mosaic.dtype == np.float32
    expected = demosaic(mosaic_of(picture.astype(np.float32) / 255))
    both = np.abs(render(raw) - picture / 255.0).mean(), np.abs(expected - picture / 255.0).mean()
    assert both[0] < 1.3 * both[1] + 0.003  # no worse than interpolation itself


def test_grey_has_the_gains_divided_out():
    raw = MosaicSimulation(**NOISELESS).shoot(np.full((4, 4, 3), 188, np.uint8), "grey")
    cell = raw.mosaic[:2, :2] * [[raw.white_balance[0], 1], [1, raw.white_balance[2]]]
    assert np.allclose(cell, 0.503, atol=1e-3)
    assert 1.6 <= raw.white_balance[0] <= 2.6
    assert 1.2 <= raw.white_balance[2] <= 2.2
    assert np.allclose(raw.matrix.sum(axis=1), 1)


def test_cameras_differ_by_seed_and_name_and_repeat():
    picture = np.ascontiguousarray(data.coffee()[:20, :30])
    raw = MosaicSimulation(3).shoot(picture, "a")
    again = MosaicSimulation(3).shoot(picture, "a")
    assert np.array_equal(raw.mosaic, again.mosaic)
    for other in (MosaicSimulation(4).shoot(picture, "a"), MosaicSimulation(3).shoot(picture, "b")):
        assert not np.allclose(raw.white_balance, other.white_balance)
        assert not np.allclose(raw.matrix, other.matrix)


def test_noise_has_the_variance_that_is_asked_for():
    camera = MosaicSimulation(shot_noise=(1e-3, 1e-3), read_noise=(2e-3, 2e-3))
    green = camera.shoot(np.full((200, 200, 3), 188, np.uint8), "grey").mosaic[::2, 1::2]
    assert green.mean() == pytest.approx(0.503, abs=0.001)
    assert green.var() == pytest.approx(0.503 * 1e-3 + 4e-6, rel=0.05)


def test_white_fills_the_pixels_of_every_colour_and_is_developed_white():
    picture = np.full((8, 8, 3), 255, np.uint8)
    raw = MosaicSimulation(**NOISELESS).shoot(picture, "white")
    assert np.allclose(raw.mosaic, 1, atol=1e-4)
    assert render(raw).min() > 0.999
    picture[...] = 254  # just below, gains fade in
    assert np.ptp(render(MosaicSimulation(**NOISELESS).shoot(picture, "white")), axis=2).max() < 0.01


def test_an_odd_last_row_and_column_are_left_out():
    picture = np.ascontiguousarray(data.coffee()[:21, :33])
    even = MosaicSimulation(**NOISELESS).shoot(picture[:20, :32], "a")
    assert np.array_equal(MosaicSimulation(**NOISELESS).shoot(picture, "a").mosaic, even.mosaic)
