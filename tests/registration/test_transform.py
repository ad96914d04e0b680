"""A registration's fields against OpenCV's transforms of points and pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from opticalzoom.registration.resize import resize_matrix
from opticalzoom.registration.transform import TRUST, Registration

SIZE, MOVING = (60, 84), (70, 90)
HOMOGRAPHY = np.array([[1.05, 0.04, 3.0], [-0.03, 0.97, 2.5], [2e-4, -1e-4, 1.0]])
STILL = np.zeros((6, 8, 2), np.float32)


def registration(transform=HOMOGRAPHY, flow=STILL, doubt=None, size=SIZE, moving=MOVING) -> Registration:
    sure = np.zeros((6, 8), np.float32) if doubt is None else doubt
    return Registration(size, moving, np.asarray(transform, np.float64), flow, sure)


def positions(flow=(0.0, 0.0)) -> np.ndarray:
    """H×W×2, (y, x) of every target pixel after a flow that is the same everywhere, by OpenCV."""
    rows, columns = np.indices(SIZE)
    points = np.stack((columns + flow[1], rows + flow[0]), axis=-1).reshape(1, -1, 2).astype(np.float64)
    return cv2.perspectiveTransform(points, HOMOGRAPHY).reshape(*SIZE, 2)[..., ::-1]


@pytest.mark.parametrize("flow", [(0.0, 0.0), (1.5, -2.25)])
def test_the_flow_comes_first_and_then_the_homography(flow):
    found = registration(flow=np.broadcast_to(np.float32(flow), (6, 8, 2)).copy())
    expected = positions(flow) - np.moveaxis(np.indices(SIZE), 0, -1)
    assert found.field.dtype == np.float32
    np.testing.assert_allclose(found.field, expected, atol=0.01)  # exact at a grid of pixels, bilinear between


def test_visible_pixels_lie_inside_the_moving_image():
    found, at = registration(), positions()
    inside = ((at >= 0) & (at <= np.array(MOVING) - 1)).all(axis=-1)
    border = np.minimum(np.abs(at), np.abs(at - np.array(MOVING) + 1)).min(axis=-1) < 0.02
    assert 0.5 < inside.mean() < 1
    assert np.array_equal(found.visible[~border], inside[~border])
    assert found.overlap == pytest.approx(inside.mean(), abs=0.005)


def test_pixels_of_little_doubt_are_trusted_where_they_are_visible():
    doubt = np.zeros((6, 8), np.float32)
    doubt[:, :4] = np.inf
    found = registration(np.eye(3), doubt=doubt, moving=SIZE)
    assert found.visible.all()
    assert found.trusted[:, 48:].all()
    assert not found.trusted[:, :42].any()
    assert found.trust == pytest.approx(found.trusted.mean(), abs=0.005)
    assert found.overlap == 1


@pytest.mark.parametrize(("expected_error", "trusted"), [(0.9 * TRUST, True), (1.1 * TRUST, False)])
def test_trust_ends_at_a_pixel(expected_error, trusted):
    found = registration(np.eye(3), doubt=np.full((6, 8), expected_error, np.float32), moving=SIZE)
    assert found.trusted.all() == trusted
    assert found.trusted.any() == trusted


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_warping_is_opencvs(dtype):
    largest = 1 if dtype is np.float32 else np.iinfo(dtype).max / 255
    photo = data.astronaut()[: MOVING[0], 150 : 150 + MOVING[1]]
    image = (photo / 255).astype(np.float32) if dtype is np.float32 else (photo * largest).astype(dtype)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    expected = cv2.warpPerspective(image, HOMOGRAPHY, SIZE[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    warped = registration().warp(image, cv2.INTER_LINEAR)
    assert (warped.dtype, warped.shape) == (image.dtype, (*SIZE, 3))
    unit = 1 if dtype is np.float32 else np.iinfo(dtype).max
    assert np.abs(warped.astype(float) - expected).max() < 0.02 * unit


def test_a_finer_moving_image_is_averaged_first():
    fine = np.zeros((4 * SIZE[0], 4 * SIZE[1], 1), np.float32)
    fine[::2] = 1  # every second row: a single pixel of them says nothing
    found = registration(resize_matrix(4.0), moving=fine.shape[:2])
    np.testing.assert_allclose(found.warp(fine), 0.5, atol=1e-3)


def test_targets_larger_than_a_tile_are_seamless():
    size = (1100, 1050)
    transform = np.array([[1, 0.01, 2.0], [-0.01, 1, 5.0], [0, 0, 1]])
    found = registration(transform, size=size, moving=size)
    rows, columns = np.indices(size)
    expected = np.stack((-0.01 * columns + 5, 0.01 * rows + 2), axis=-1)
    np.testing.assert_allclose(found.field, expected, atol=0.001)


def test_an_empty_target_has_no_share_of_anything():
    found = registration(size=(0, 5))
    assert (found.overlap, found.trust) == (0, 0)
    assert found.field.shape == (0, 5, 2)
    assert not found.trusted.any()


def test_a_reason_is_a_rejection():
    assert registration().ok
    assert not Registration(SIZE, MOVING, np.eye(3), STILL, STILL[..., 0], reason="too dark").ok


def test_whatever_homography_there_is_in_the_transform_or_in_the_flow_is_no_parallax():
    assert registration().parallax == pytest.approx(0, abs=0.01)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    tilted = np.stack([0.02 * y - 0.01 * x + 3, 0.03 * x - 2], axis=-1).astype(np.float32)
    assert registration(flow=tilted).parallax == pytest.approx(0, abs=0.05)


def test_what_is_nearer_than_the_plane_is_parallax_and_what_is_not_trusted_is_none():
    near = np.zeros((*SIZE, 2), np.float32)
    near[:, :, 1] = 4 * (np.arange(SIZE[1]) // 12 % 2)  # stripes, so that no plane explains them
    assert registration(flow=near).parallax == pytest.approx(2, abs=0.5)
    doubt = np.where(near[..., 1] > 0, np.float32(9), np.float32(0))
    assert registration(flow=near, doubt=doubt).parallax < 0.7
