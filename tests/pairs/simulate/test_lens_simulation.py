from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from opticalzoom.pairs.simulate.lens_simulation import LensSimulation
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.colour.srgb import srgb_to_linear
from opticalzoom.photo.raw.raw_file import render


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_short_shot_is_smaller_and_as_bright(scale, dtype):
    y = data.astronaut()[: 120 // scale * scale, : 96 // scale * scale]
    y = y.astype(dtype) * (257 if dtype == np.uint16 else 1)
    x = LensSimulation(scale, sharpening=(0, 0)).shoot(y, "astronaut")
    assert x.shape == (y.shape[0] // scale, y.shape[1] // scale, 3)
    assert x.dtype == np.uint8
    light_y = srgb_to_linear(y.astype(np.float32) / np.iinfo(dtype).max).mean((0, 1))
    light_x = srgb_to_linear(x.astype(np.float32) / 255).mean((0, 1))
    assert np.allclose(light_x, light_y, rtol=0.03)


def test_the_camera_sharpens_and_compresses():
    y = data.coffee()[:300, :300]
    plain, sharp, coarse = (
        LensSimulation(3, blur=(0.5, 0.5), sharpening=(amount, amount), jpeg=(quality, quality)).shoot(y, "coffee")
        for amount, quality in [(0, 100), (1, 100), (0, 20)]
    )
    assert cv2.Laplacian(sharp, cv2.CV_64F).var() > 2 * cv2.Laplacian(plain, cv2.CV_64F).var()
    assert abs(sharp.mean() - plain.mean()) < 1
    error = np.abs(coarse.astype(float) - plain)
    assert 2 < error.mean() < 10


def test_lenses_differ_by_seed_and_name_and_repeat():
    y = data.coffee()[:90, :90]
    x = LensSimulation(3, seed=5).shoot(y, "a")
    assert np.array_equal(x, LensSimulation(3, seed=5).shoot(y, "a"))
    assert not np.array_equal(x, LensSimulation(3, seed=6).shoot(y, "a"))
    assert not np.array_equal(x, LensSimulation(3, seed=5).shoot(y, "b"))


def test_a_flat_picture_keeps_its_value_but_for_noise():
    x = LensSimulation(3).shoot(np.full((90, 90, 3), 128, np.uint8), "flat").astype(float)
    assert abs(x.mean() - 128) < 0.5
    assert 0 < x.std() < 4


def test_the_mosaic_has_the_same_lens_but_neither_sharpening_nor_compression():
    y = data.coffee()[:300, :300]
    lens = LensSimulation(3, blur=(0.5, 0.5), shot_noise=(0, 0), read_noise=(0, 0), sharpening=(1, 1), jpeg=(20, 20))
    sensor = MosaicSimulation(shot_noise=(1e-9, 1e-9), read_noise=(1e-6, 1e-6))
    x, raw = lens.shoot_both(y, "coffee", sensor)
    assert np.array_equal(x, lens.shoot(y, "coffee"))
    assert raw.mosaic.shape == (100, 100)
    plain = LensSimulation(3, blur=(0.5, 0.5), shot_noise=(0, 0), read_noise=(0, 0), sharpening=(0, 0), jpeg=(100, 100))
    developed = render(raw) * 255
    assert np.abs(developed - plain.shoot(y, "coffee")).mean() < 0.5 * np.abs(developed - x).mean()
