"""Two layers of depth: what is seen, hidden and uncovered, against moves that can be done by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers import noise
from skimage import data

from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.simulate.parallax import Motion, flat, random_parallax, random_silhouette
from opticalzoom.registration.warp import sample

HEIGHT, WIDTH = 40, 100


def half_plane(shift: tuple[float, float]) -> Motion:
    """Columns from 50 on are in front, and move; the rest stays."""
    front = np.broadcast_to(np.arange(WIDTH, dtype=np.float32) - np.float32(49.5), (HEIGHT, WIDTH))
    return Motion(np.zeros((HEIGHT, WIDTH, 2), np.float32), np.array(shift, np.float32), np.ascontiguousarray(front))


@pytest.fixture
def picture() -> np.ndarray:
    return noise(HEIGHT, WIDTH, 3)


def columns(mask: np.ndarray) -> list[int]:
    assert (mask == mask[0]).all()
    return list(np.flatnonzero(mask[0]))


def test_a_front_layer_that_moves_over_the_background_hides_it(picture):
    motion = half_plane((0, 5))  # seen at column 45 what was at 50
    moved = motion.apply(picture)
    np.testing.assert_array_equal(moved[:, :45], picture[:, :45])
    np.testing.assert_array_equal(moved[:, 45:95], picture[:, 50:])
    assert columns(motion.hidden) == [45, 46, 47, 48, 49]
    assert not motion.uncovered.any()
    assert columns(motion.valid) == list(range(95))
    np.testing.assert_array_equal(motion.field[0, :, 1], np.where(np.arange(WIDTH) < 45, 0, 5))
    np.testing.assert_array_equal(motion.inverse[0, :, 1], np.where(np.arange(WIDTH) < 50, 0, -5))


def test_a_front_layer_that_moves_away_uncovers_the_mirrored_background(picture):
    motion = half_plane((0, -5))
    moved = motion.apply(picture)
    np.testing.assert_array_equal(moved[:, :50], picture[:, :50])
    np.testing.assert_array_equal(moved[:, 50:55], picture[:, 49:44:-1])
    np.testing.assert_array_equal(moved[:, 55:], picture[:, 50:95])
    assert columns(motion.uncovered) == [50, 51, 52, 53, 54]
    assert not motion.hidden.any()


def test_a_pixel_on_the_silhouette_is_the_sum_of_both_layers_light():
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint16)
    picture[:, 49:] = 65535
    motion = half_plane((0, 4))
    moved = Motion(motion.background, motion.shift, motion.front + np.float32(0.5)).apply(picture)
    assert (moved[:, :45] == 0).all()
    assert (moved[:, 46:] == 65535).all()
    assert np.abs(moved[:, 45] - 65535 * (1.055 * 0.5 ** (1 / 2.4) - 0.055)).max() <= 1  # half of the light
    assert moved.dtype == np.uint16


@pytest.mark.parametrize("length", [3.0, 12.0, 25.0])
def test_no_hole_is_left_and_uncovered_background_is_background(length):
    motion = Misalignment(8, 2, seed=4, parallax=length).motion("pair", 240, 320)
    picture = np.where(motion.front[..., None] > 0, np.uint8(200), np.uint8(50)).repeat(3, axis=-1)
    moved, covered = motion.apply(picture), motion.cover > 0.5
    assert (moved[covered] > 125).mean() > 0.99
    assert (moved[~covered & ~motion.uncovered] < 125).mean() > 0.99
    assert motion.uncovered.mean() > length / 2000
    assert (moved[motion.uncovered] < 125).mean() > 0.95  # the rest is within a pixel of where it begins


def test_every_visible_pixel_is_the_pictures_own_at_the_true_displacement():
    picture = cv2.GaussianBlur(data.astronaut()[:300, :400], (0, 0), 2)
    motion = Misalignment(10, 3, parallax=9).motion("pair", *picture.shape[:2])
    moved = motion.apply(picture)
    seen = (np.abs(motion.cover - 0.5) == 0.5) & ~motion.uncovered
    assert (moved[seen] == sample(picture, motion.field)[seen]).mean() > 0.998  # the mirror begins within a pixel
    returned = sample(moved, motion.inverse).astype(int)
    known = ~cv2.dilate((motion.hidden | (np.abs(motion.front) < 2)).astype(np.uint8), np.ones((9, 9))).astype(bool)
    known[:16] = known[-16:] = known[:, :16] = known[:, -16:] = False
    assert known.mean() > 0.5
    assert np.percentile(np.abs(returned - picture)[known], 99) <= 3


def test_there_and_back_is_no_displacement():
    motion = Misalignment(10, 3, parallax=9).motion("pair", 300, 400)
    there = sample(motion.field, motion.inverse, interpolation=cv2.INTER_NEAREST)
    inner = np.zeros((300, 400), bool)
    inner[32:-32, 32:-32] = True
    error = np.linalg.norm(there + motion.inverse, axis=-1)[inner & ~motion.hidden]
    assert np.percentile(error, 98) < 0.2
    assert np.median(np.linalg.norm(there + motion.inverse, axis=-1)[inner & motion.hidden]) > 5


def test_the_front_layer_moves_by_the_asked_length_against_a_background_that_is_as_without_it():
    still, moving = (Misalignment(10, 2, parallax=p).motion("pair", 120, 160) for p in (0, 7))
    np.testing.assert_array_equal(still.background, moving.background)
    assert np.linalg.norm(moving.shift) == pytest.approx(7)
    np.testing.assert_array_equal(still.field, still.background)
    assert not still.uncovered.any()
    assert not still.hidden.any()


def test_parallax_depends_on_seed_and_name_alone():
    first, again = (Misalignment(parallax=5, seed=1).motion("a", 90, 120) for _ in range(2))
    np.testing.assert_array_equal(first.field, again.field)
    np.testing.assert_array_equal(first.front, again.front)
    for other in (Misalignment(parallax=5, seed=2).motion("a", 90, 120), first_of("b")):
        assert not np.array_equal(first.front, other.front)
        assert not np.array_equal(first.shift, other.shift)


def first_of(name: str) -> Motion:
    return Misalignment(parallax=5, seed=1).motion(name, 90, 120)


@pytest.mark.parametrize("size", [(870, 1218), (200, 90), (60, 80)])
def test_a_quarter_to_two_fifths_of_the_picture_is_in_front(size):
    for seed in range(4):
        front = random_silhouette(np.random.default_rng(seed), *size)
        assert front.shape == size
        assert 0.2 < (front > 0).mean() < 0.45


def test_a_picture_without_layers_is_sampled_and_nothing_else():
    picture = data.astronaut()[:60, :80]
    field = Misalignment(5, 1).field("pair", 60, 80)
    np.testing.assert_array_equal(flat(field).apply(picture), sample(picture, field))
    assert random_parallax(np.random.default_rng(0), field, 3.0).field.dtype == np.float32
