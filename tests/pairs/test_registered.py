from __future__ import annotations

import cv2
import numpy as np
import pytest
from smooth_noise import block_means, texture

from opticalzoom.pairs.pair import Pair
from opticalzoom.pairs.registered import Preparation, both_grids, training_pair
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.colour.srgb import camera_to_srgb, srgb_to_linear
from opticalzoom.photo.raw.mosaic import mosaic_of, pack

AS_IT_IS = Preparation(method="none")
CHOICES = ("input", "target")


@pytest.mark.parametrize("kind", ["rgb", "resized"])
def test_a_resized_pair_is_cut_to_a_multiple_of_the_scale_and_averaged(kind):
    x, y = texture(41, 46), texture(41, 46, seed=1)
    done = training_pair(Pair("a", x, y, resized=True), 4, Preparation(input=kind, method="none"))
    assert done.reason == ""
    np.testing.assert_array_equal(done.y, y[:40, :44])
    assert done.mask.shape == (40, 44)
    assert done.mask.all()
    if kind == "resized":
        np.testing.assert_array_equal(done.x, x[:40, :44])
    else:
        assert done.x.shape == (10, 11, 3)
        assert np.abs(done.x - block_means(x, 4)).max() <= 0.51


def test_raw_pairs_have_the_same_colours_on_both_sides_and_return_to_srgb():
    y = np.ascontiguousarray(cv2.GaussianBlur(texture(40, 64), (0, 0), 3))
    x = block_means(y, 4).round().astype(np.uint8)
    done = training_pair(Pair("a", x, y, resized=False), 4, Preparation(input="raw", method="none"))
    assert (done.x.shape, done.x.dtype) == ((5, 8, 4), np.uint16)
    assert (done.y.shape, done.y.dtype) == ((40, 64, 3), np.uint16)
    seen = pack(mosaic_of(block_means(done.y, 4))) / 65535  # what each site sees of the target
    assert np.abs(done.x / 65535 - seen).mean() < 0.02
    matrix = MosaicSimulation().shoot(x, "a").matrix
    returned = camera_to_srgb(srgb_to_linear(done.y / np.float32(65535)), matrix)
    assert np.abs(returned - y / 255).max() < 0.002


def test_without_gains_both_sides_are_darker_in_red_and_blue_alone():
    y = texture(40, 64)
    pair = Pair("a", block_means(y, 4).round().astype(np.uint8), y, resized=False)
    kept, divided = (training_pair(pair, 4, Preparation("raw", method="none", white_balance=w)) for w in CHOICES)
    gains = MosaicSimulation().shoot(pair.x, "a").white_balance
    for before, after, expected in ((kept.x, divided.x, gains[[0, 1, 1, 2]]), (kept.y, divided.y, gains)):
        bright = (before > 6000) & (before < 60000)
        ratio = srgb_to_linear(before / np.float32(65535)) / srgb_to_linear(after / np.float32(65535))
        for channel, gain in enumerate(expected):
            assert ratio[..., channel][bright[..., channel]] == pytest.approx(gain, rel=0.01)


def test_an_odd_row_and_column_of_a_raw_pair_are_cut_on_both_sides():
    x, y = texture(15, 13), texture(45, 39, seed=2)
    done = training_pair(Pair("a", x, y, resized=False), 3, Preparation(input="raw", method="none"))
    assert (done.x.shape, done.y.shape, done.mask.shape) == ((7, 6, 4), (42, 36, 3), (42, 36))
    tiny = training_pair(Pair("a", x[:1], y[:3], resized=False), 3, Preparation(input="raw", method="none"))
    assert "too small for a mosaic" in tiny.reason


def test_a_short_shot_keeps_its_pixels_and_is_enlarged_for_the_other_grid():
    small = texture(7, 9).astype(np.uint16) * 257
    kept, large = both_grids(Pair("a", small, texture(28, 36), resized=False), 4)
    np.testing.assert_array_equal(kept, small)
    assert large.shape == (28, 36, 3)
    assert large.dtype == np.uint16


def test_a_pair_that_does_not_fit_is_left_out_with_a_reason():
    off = training_pair(Pair("a", texture(10, 10), texture(41, 40), resized=False), 4, AS_IT_IS)
    assert "without registration" in off.reason
    tiny = training_pair(Pair("b", texture(3, 9), texture(3, 9), resized=True), 4, AS_IT_IS)
    assert "too small" in tiny.reason
    for pair in (off, tiny):
        assert pair.x.size == pair.y.size == pair.mask.size == 0


def test_misalignment_moves_y_alone_by_its_own_field():
    y = texture(64, 80)
    pair = Pair("a", block_means(y, 4).astype(np.uint8), y, resized=False)
    moving = Misalignment(strength=4, seed=3)
    done = training_pair(pair, 4, Preparation(misalignment=moving, method="none"))
    np.testing.assert_array_equal(done.x, pair.x)
    field = moving.field("a", 64, 80)
    rows, columns = np.mgrid[:64, :80] + field.transpose(2, 0, 1)
    outside = (rows < -0.01) | (columns < -0.01) | (rows > 63.01) | (columns > 79.01)
    assert outside.any()
    assert not done.mask[outside].any()
    assert done.mask.mean() > 0.8
    row, column = 32, 40
    patch = y[round(rows[row, column]) - 1 :, round(columns[row, column]) - 1 :][:3, :3].astype(int)
    assert (patch.min((0, 1)) - 2 <= done.y[row, column]).all()
    assert (done.y[row, column] <= patch.max((0, 1)) + 2).all()


def test_parallax_moves_y_in_two_layers_and_tells_no_one_what_it_hides():
    y = texture(64, 80)
    pair = Pair("a", block_means(y, 4).astype(np.uint8), y, resized=False)
    moving = Misalignment(strength=4, seed=3, parallax=6)
    done = training_pair(pair, 4, Preparation(misalignment=moving, method="none"))
    motion = moving.motion("a", 64, 80)
    np.testing.assert_array_equal(done.y, motion.apply(y))
    np.testing.assert_array_equal(done.mask, motion.valid)
    assert (done.mask & motion.uncovered).any()
    assert 0 < (motion.cover > 0.5).mean() < 1


def test_registration_undoes_a_misalignment_on_sizes_that_are_no_multiple():
    y = texture(203, 257)
    pair = Pair("a", block_means(y, 4).round().astype(np.uint8), y, resized=False)
    done = training_pair(pair, 4, Preparation(misalignment=Misalignment(strength=5, seed=1), method="homography"))
    assert done.reason == ""
    assert done.x.shape == (50, 64, 3)
    assert done.y.shape == (200, 256, 3)
    assert done.mask.shape == (200, 256)
    assert done.mask.mean() > 0.6
    wrong = np.abs(done.y[done.mask].astype(float) - y[:200, :256][done.mask]).mean()
    moved = np.abs(y[2:200, 2:256].astype(float) - y[:198, :254]).mean()
    assert wrong < moved / 4  # of what two pixels of shift would leave


def test_what_the_two_photos_do_not_share_is_masked():
    y = texture(200, 256)
    x = block_means(y, 4).round().astype(np.uint8)
    y[60:140, 80:176] = texture(80, 96, seed=9)
    done = training_pair(Pair("a", x, y, resized=False), 4, Preparation())
    assert done.reason == ""
    foreign = np.zeros(done.mask.shape, bool)
    foreign[60:140, 80:176] = True
    assert done.mask[foreign].mean() < 0.5
    assert done.mask[~foreign].mean() > 0.8


def test_unrelated_photos_are_left_out():
    done = training_pair(Pair("a", texture(50, 64), texture(200, 256, seed=9), resized=False), 4, Preparation())
    assert done.reason
