from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from opticalzoom.pairs.simulate.misalignment import (
    LensSimulation,
    Misalignment,
    random_homography,
    random_local_field,
)
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.colour.srgb import srgb_to_linear
from opticalzoom.photo.raw.raw_file import render


def test_the_field_depends_on_seed_and_name_alone():
    field = Misalignment(10, 2, seed=1).field("a", 40, 50)
    assert np.array_equal(field, Misalignment(10, 2, seed=1).field("a", 40, 50))
    assert not np.allclose(field, Misalignment(10, 2, seed=2).field("a", 40, 50))
    assert not np.allclose(field, Misalignment(10, 2, seed=1).field("b", 40, 50))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(0.5, 20), st.integers(60, 90), st.integers(60, 90))
def test_corners_move_by_the_strength_at_most(seed, strength, height, width):
    field = Misalignment(strength, seed=seed).field("pair", height, width)
    corners = field[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.linalg.norm(corners, axis=-1).max() <= strength + 1e-3
    assert np.abs(field).max() > 0


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (70, 500)])
def test_the_local_field_reaches_its_largest_displacement(size):
    field = random_local_field(np.random.default_rng(0), *size, 2.5)
    assert field.shape == (*size, 2)
    assert np.linalg.norm(field, axis=-1).max() == pytest.approx(2.5, rel=1e-5)


def test_nothing_moves_unless_asked():
    assert Misalignment().is_none
    assert not Misalignment(local=1).is_none
    assert not Misalignment().field("a", 9, 9).any()
    assert np.array_equal(random_homography(np.random.default_rng(0), 1, 1, 5.0), np.eye(3))


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
