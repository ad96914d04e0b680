"""Shots at two focal lengths with a known displacement between them."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from opticalzoom.pairs.simulate.lens_simulation import LensSimulation
from opticalzoom.registration.zoom_view import register_views

SCALE = 4
RATIO = 2.0


def shots(scene: np.ndarray, roll: float = 0, shift=(0, 0), focal: float = 1, stops: float = 0):
    """X, a quarter of the scene's pixels, and Y, its middle half turned and shifted; and Y's pixels to the scene's."""
    height, width = (side // 8 * 8 for side in scene.shape[:2])
    scene = scene[:height, :width]
    size = width // 2, height // 2
    turn = cv2.getRotationMatrix2D(((size[0] - 1) / 2, (size[1] - 1) / 2), roll, 1 / focal)
    turn[:, 2] += np.array([width / 4 + shift[1], height / 4 + shift[0]])
    y = cv2.warpAffine(
        scene, turn, size, flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )
    exposed = np.clip((y / 255.0) * 2 ** (stops / 2.2), 0, 1)
    lens = LensSimulation(SCALE, blur=(0.3, 0.3), sharpening=(0, 0), jpeg=(98, 98))
    return lens.shoot(scene, "x"), (exposed * 255 + 0.5).astype(np.uint8), turn


def photo() -> np.ndarray:
    return cv2.resize(data.astronaut(), (1200, 1200), interpolation=cv2.INTER_CUBIC)[:800]


def error(found, turn) -> np.ndarray:
    """End-point error in pixels of Y at trusted pixels of the target."""
    rows, columns = np.mgrid[: found.registration.size[0], : found.registration.size[1]]
    to_scene = np.vstack((turn, [0, 0, 1]))
    scene = np.stack(
        (columns + SCALE * found.view.columns.start, rows + SCALE * found.view.rows.start, np.ones(rows.shape))
    )
    true = np.tensordot(np.linalg.inv(to_scene), scene, axes=1)
    field = found.registration.field
    measured = np.stack((columns + field[..., 1], rows + field[..., 0]))
    return np.linalg.norm(measured - true[:2], axis=0)[found.registration.trusted]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"shift": (30, -50)},
        {"roll": 5, "shift": (-20, 10)},
        {"focal": 1.08},
        {"stops": -2},
        {"stops": 1.5, "roll": -3},
    ],
)
def test_a_known_displacement_is_found(change):
    x, y, turn = shots(photo(), **change)
    found = register_views(y, x, SCALE, RATIO)
    assert found.ok, found.reason
    assert np.median(error(found, turn)) < 0.6
    assert np.percentile(error(found, turn), 95) < 1.5
    assert found.registration.trusted.mean() > (0.4 if change.get("stops", 0) > 0 else 0.7)  # blown parts show nothing
    assert found.ratio == pytest.approx(RATIO * change.get("focal", 1), rel=0.02)


def test_without_a_focal_ratio_it_is_found_in_the_pictures():
    x, y, turn = shots(cv2.resize(data.astronaut(), (2048, 2048), interpolation=cv2.INTER_CUBIC), shift=(15, 15))
    found = register_views(y, x, SCALE)
    assert found.ok, found.reason
    assert found.ratio == pytest.approx(RATIO, rel=0.02)
    assert np.median(error(found, turn)) < 1


def test_pictures_with_too_little_texture_for_features_are_slid_over_each_other():
    y, x = np.mgrid[:640, :960].astype(np.float32)
    blobs = sum(
        np.exp(-((y - b) ** 2 + (x - a) ** 2) / 5000) for a, b in [(350, 250), (520, 300), (450, 420), (600, 200)]
    )
    scene = np.repeat((60 + 120 * np.clip(blobs, 0, 1))[..., None], 3, axis=2).astype(np.uint8)
    wide, long, turn = shots(scene, shift=(-18, 24))
    found = register_views(long, wide, SCALE, RATIO)
    assert found.registration.inliers == 0
    assert found.registration.correlation > 0.8
    assert np.median(error(found, turn)) < 2


def test_the_view_is_even_and_the_target_lies_on_its_grid():
    x, y, _ = shots(photo(), roll=3)
    found = register_views(y, x, SCALE, RATIO)
    part = found.crop(x)
    assert all(side % 2 == 0 for side in (found.view.rows.start, found.view.columns.start, *part.shape[:2]))
    target = found.warp(y)
    assert target.shape[:2] == tuple(SCALE * side for side in part.shape[:2])
    small = cv2.resize(target, part.shape[1::-1], interpolation=cv2.INTER_AREA).astype(float)
    assert np.corrcoef(small.flatten(), part.flatten())[0, 1] > 0.98
    assert found.registration.visible.all()


def test_pictures_of_other_pixel_counts_and_depths():
    x, y, _ = shots(photo())
    larger = cv2.resize(y, None, fx=1.5, fy=1.5, interpolation=cv2.INTER_CUBIC)
    found = register_views(larger, x.astype(np.uint16) * 257, SCALE, RATIO)
    assert found.ok, found.reason
    assert found.ratio == pytest.approx(RATIO, rel=0.02)
    assert found.warp(larger).shape[:2] == found.registration.size


def test_another_scene_is_rejected():
    x, _, _ = shots(photo())
    coffee = cv2.resize(data.coffee(), (600, 400), interpolation=cv2.INTER_CUBIC)
    for ratio in (RATIO, None):
        found = register_views(coffee, x, SCALE, ratio)
        assert not found.ok
        assert found.reason


def bricks(seed: int) -> np.ndarray:
    """A wall of bricks of one size and of different tones, in light mortar."""
    random = np.random.default_rng(seed)
    wall = np.full((960, 1280, 3), 200, np.float32)
    for row in range(24):
        for left in range(-96 + 48 * (row % 2), 1280, 96):
            wall[40 * row + 3 : 40 * row + 37, max(left + 3, 0) : max(left + 93, 0)] = random.normal((150, 70, 50), 25)
    return np.clip(cv2.GaussianBlur(wall, (0, 0), 1), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(3))
def test_two_walls_of_the_same_kind_of_brick_are_told_apart(seed):
    wall, other = bricks(seed), bricks(seed + 100)
    x = cv2.resize(wall, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    middle = slice(240, 720), slice(320, 960)
    assert register_views(np.ascontiguousarray(wall[middle]), x, 2, 2.0).ok
    wrong = register_views(np.ascontiguousarray(other[middle]), x, 2, 2.0)
    assert not wrong.ok
    assert "two places of one pattern" in wrong.reason


@pytest.mark.parametrize("kind", ["black", "noise", "flat"])
def test_pictures_without_content_are_rejected(kind):
    rng = np.random.default_rng(0)
    make = {"black": np.zeros, "flat": lambda shape: np.full(shape, 90.0), "noise": lambda s: rng.integers(0, 255, s)}
    x, y = (np.asarray(make[kind](shape)).astype(np.uint8) for shape in ((120, 160, 3), (240, 320, 3)))
    assert not register_views(y, x, SCALE, RATIO).ok


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.integers(1, 90)] * 4), st.sampled_from([None, 0.5, 2.0, 9.0]), st.integers(0, 99))
def test_no_size_makes_it_fail(sizes, ratio, seed):
    picture = cv2.resize(data.coffee(), (200, 200))
    rng = np.random.default_rng(seed)
    x = picture[: sizes[0], : sizes[1]]
    top, left = rng.integers(0, 110, 2)
    y = picture[top : top + sizes[2], left : left + sizes[3]]
    found = register_views(y, x, SCALE, ratio)
    json.dumps({name: value for name, value in found.summary().items() if not isinstance(value, float)})
    assert found.ok == (found.registration.trust >= 0.3 and found.registration.correlation >= 0.35)
    assert found.registration.size == tuple(SCALE * side for side in found.view.shape)
