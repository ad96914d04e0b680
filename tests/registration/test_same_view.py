from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers import noise
from skimage import data

from opticalzoom.pairs.simulate.lens_simulation import LensSimulation
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.registration.normalise import normalise_locally
from opticalzoom.registration.same_view import register
from opticalzoom.registration.transform import Registration
from opticalzoom.registration.warp import invert, sample

PHOTOS = {"astronaut": data.astronaut, "coffee": data.coffee, "chelsea": data.chelsea}


def short_shot(y: np.ndarray, scale: int = 3) -> np.ndarray:
    """X on Y's grid."""
    x = LensSimulation(scale).shoot(y, "lens")
    return cv2.resize(x, y.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def photo(name: str, largest: int = 390) -> np.ndarray:
    picture = PHOTOS[name]()
    height, width = (min(side, largest) // 3 * 3 for side in picture.shape[:2])
    return np.ascontiguousarray(picture[:height, :width])


def misaligned(name: str, misalignment: Misalignment) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Moving Y, fixed X, and the true field: moving(p) = Y(p + d(p)), so a fixed pixel p lies at p + d⁻¹(p)."""
    y = photo(name)
    field = misalignment.field(name, *y.shape[:2])
    return sample(y, field), short_shot(y), invert(field)


def error(found: Registration, truth: np.ndarray) -> np.ndarray:
    return np.linalg.norm(found.field - truth, axis=-1)[found.trusted]


@pytest.mark.parametrize("name", PHOTOS)
def test_recovers_a_known_misalignment(name):
    moving, fixed, truth = misaligned(name, Misalignment(24, 2))
    found = register(moving, fixed, scale=3)
    assert found.ok, found.reason
    assert found.trusted.mean() >= 0.6
    assert np.median(error(found, truth)) <= 0.5
    assert np.median(np.linalg.norm(truth, axis=-1)) > 3
    assert found.warp(moving).shape == fixed.shape


def test_the_flow_finds_what_the_homography_leaves():
    moving, fixed, truth = misaligned("coffee", Misalignment(12, 4))
    flow, rigid = (register(moving, fixed, scale=3, method=m) for m in ("flow", "homography"))
    assert np.median(error(flow, truth)) < 0.5 * np.median(error(rigid, truth))


@pytest.mark.parametrize("kind", ["uint16", "float32"])
def test_other_types_give_the_same(kind):
    moving, fixed, _ = misaligned("astronaut", Misalignment(8, 0))
    expected = register(moving, fixed, scale=3)
    if kind == "uint16":
        moving, fixed = moving.astype(np.uint16) * 257, fixed.astype(np.uint16) * 257
    else:
        moving, fixed = moving.astype(np.float32) / 255, fixed.astype(np.float32) / 255
    found = register(moving, fixed, scale=3)
    assert found.ok
    assert np.abs(found.field - expected.field).max() < 0.3  # features are found at a rounded value here and there


def test_a_difference_in_exposure_does_not_matter():
    moving, fixed, truth = misaligned("astronaut", Misalignment(16, 1))
    darker = (moving * 0.5).astype(np.uint8)
    found = register(darker, fixed, scale=3)
    assert found.ok, found.reason
    assert np.median(error(found, truth)) <= 0.5


def test_the_same_picture_does_not_move():
    y = photo("coffee", 210)
    found = register(y, y)
    assert found.ok
    assert np.median(np.linalg.norm(found.field, axis=-1)) < 0.05
    assert found.correlation > 0.95


def test_without_registration_everything_stays():
    found = register(photo("coffee", 60), photo("astronaut", 90), method="none")
    assert found.ok
    assert not found.field.any()
    assert found.trusted[:60, :60].all()
    assert not found.trusted[60:].any()


@pytest.mark.parametrize(("one", "other"), [("astronaut", "coffee"), ("coffee", "chelsea"), ("chelsea", "astronaut")])
def test_different_scenes_are_rejected_with_the_reason(one, other):
    a, b = photo(one, 299), photo(other, 299)
    found = register(a[:297, :297], b[:297, :297])
    assert not found.ok
    assert found.reason


@pytest.mark.parametrize(
    ("moving", "fixed"),
    [
        (np.full((120, 120, 3), 90, np.uint8), np.full((120, 120, 3), 90, np.uint8)),
        (np.zeros((120, 120, 3), np.uint8), noise(120, 120, 3)),
        (np.full((1, 1, 3), 9, np.uint8), np.full((1, 1, 3), 9, np.uint8)),
        (noise(31, 31, 3, seed=1), noise(31, 31, 3, seed=2)),
        (noise(33, 33, 3, seed=1), noise(33, 33, 3, seed=2)),
        (noise(120, 120, 3, seed=3), noise(120, 120, 3, seed=4)),
        (noise(60, 60, 3, seed=3), noise(90, 90, 3, seed=4)),
        (np.zeros((33, 2600, 3), np.uint8), np.zeros((33, 2600, 3), np.uint8)),
        (noise(33, 5000, 3, seed=5),) * 2,
    ],
    ids=["flat", "black", "1x1", "tiny", "small", "noise", "unequal", "strip", "long strip"],
)
def test_hopeless_pairs_are_rejected_or_matched_but_never_raise(moving, fixed):
    found = register(moving, fixed)
    assert found.field.shape == (*fixed.shape[:2], 2)
    assert np.isfinite(found.field).all()
    if moving is not fixed:
        assert not found.ok


def test_local_normalisation_ignores_gain_and_offset():
    grey = cv2.cvtColor(photo("astronaut", 150), cv2.COLOR_RGB2GRAY)
    dimmed = (grey.astype(np.float32) * 0.7 + 20).astype(np.uint8)
    difference = normalise_locally(grey).astype(int) - normalise_locally(dimmed).astype(int)
    assert np.abs(difference).mean() < 3
