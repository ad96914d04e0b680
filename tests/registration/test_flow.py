"""Dense flow, on pictures whose displacement is known."""

from __future__ import annotations

import cv2
import numpy as np

from opticalzoom.registration.flow import COARSE, follow, smooth_flow
from opticalzoom.registration.normalise import evidence_of, normalise_locally


def texture(height=256, width=320):
    random = np.random.default_rng(0)
    layers = [
        cv2.resize(random.random((side, side)), (width, height), interpolation=cv2.INTER_CUBIC) for side in (20, 60)
    ]
    return np.clip(255 * np.mean(layers, axis=0), 0, 255).astype(np.float32)


def moved(picture, dy, dx):
    """A picture q with q(p) = picture(p + (dy, dx))."""
    height, width = picture.shape
    matrix = np.array([[1, 0, -dx], [0, 1, -dy]], np.float32)
    return cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def test_a_shift_is_found_and_trusted():
    picture = texture()
    moving, fixed = normalise_locally(picture), normalise_locally(moved(picture, 1.5, -2.25))
    flow, doubt = smooth_flow(moving, fixed, np.ones(fixed.shape, np.float32))
    assert flow.shape[:2] == doubt.shape == (256 // COARSE, 320 // COARSE)
    inner = flow[8:-8, 8:-8]
    np.testing.assert_allclose(np.median(inner, axis=(0, 1)), (1.5, -2.25), atol=0.1)
    assert np.percentile(doubt[8:-8, 8:-8], 90) < 0.5


def test_what_shows_something_else_is_doubted():
    moving, fixed = normalise_locally(texture()), normalise_locally(texture()[::-1, ::-1].copy())
    _, doubt = smooth_flow(moving, fixed, np.ones(fixed.shape, np.float32))
    assert np.median(doubt) > 1


def test_follow_samples_where_the_flow_points():
    picture = texture()
    flow = np.empty((256 // COARSE, 320 // COARSE, 2), np.float32)
    flow[...] = (3, -5)
    found = follow(picture, flow)
    np.testing.assert_allclose(found[10:-10, 10:-10], picture[13:-7, 5:-15], atol=1e-3)


def half_blank(dy, dx):
    """Texture at the left and nothing at the right, moved; normalised, with the evidence."""
    picture = texture()
    picture[:, 160:] = 128
    fixed = moved(picture, dy, dx)
    evidence = np.maximum(evidence_of(picture, 1.0), evidence_of(fixed, 1.0))
    return normalise_locally(picture), normalise_locally(fixed), evidence


def test_a_blank_wall_moves_with_its_surroundings_and_is_as_doubtful_as_these():
    moving, fixed, evidence = half_blank(1.0, 1.5)
    assert evidence[:, :120].min() > 0.9
    assert evidence[:, 220:].max() < 0.1
    flow, doubt = smooth_flow(moving, fixed, evidence)
    assert doubt[8:-8, 8:].max() < 0.5
    assert np.linalg.norm(flow[8:-8, 8:], axis=-1).max() < 2.5
    _, wrong = smooth_flow(moving[::-1].copy(), fixed, evidence)
    assert np.median(wrong[8:-8, -20:]) > 1


def test_along_an_edge_nothing_is_doubted():
    rng = np.random.default_rng(0)
    edge = np.where(np.arange(320) < 160, 60.0, 180.0).astype(np.float32)
    one, two = (cv2.GaussianBlur(np.tile(edge, (256, 1)), (0, 0), 1) + rng.normal(0, 0.5, (256, 320)) for _ in "ab")
    one, two = one.astype(np.float32), two.astype(np.float32)
    evidence = np.maximum(evidence_of(one, 1.0), evidence_of(two, 1.0))
    _, doubt = smooth_flow(normalise_locally(one), normalise_locally(two), evidence, confident=False)
    assert (doubt < 1).mean() > 0.9


def test_an_object_that_moved_is_doubted():
    moving = texture()
    one, two = normalise_locally(moving), normalise_locally(moving)
    two[100:160, 200:260] = normalise_locally(texture()[::-1])[60:120, 60:120]
    _, doubt = smooth_flow(one, two, np.ones(one.shape, np.float32))
    inside = doubt[105 // COARSE : 155 // COARSE, 205 // COARSE : 255 // COARSE]
    assert np.median(inside) > 1
    assert np.median(doubt) < 0.1


def test_how_clearly_parts_are_seen_does_not_bend_the_flow():
    picture = texture()
    matrix = np.array([[1.08, 0, 0], [0, 1, 0]], np.float32)
    stretched = cv2.warpAffine(picture, matrix, picture.shape[::-1], flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    moving, fixed = normalise_locally(picture), normalise_locally(stretched)
    even = np.ones(fixed.shape, np.float32)
    bands = even * np.where(np.arange(320) // 40 % 2, 1.0, 0.3).astype(np.float32)
    one, other = (smooth_flow(moving, fixed, evidence)[0] for evidence in (even, bands))
    assert np.abs(one - other)[8:-8, 16:-20].max() < 0.1
