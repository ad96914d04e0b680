"""Dense flow, on pictures whose displacement is known."""

from __future__ import annotations

import cv2
import numpy as np

from opticalzoom.registration.flow import COARSE, follow, smooth_flow
from opticalzoom.registration.normalise import normalise_locally


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
    flow, doubt = smooth_flow(moving, fixed)
    assert flow.shape[:2] == doubt.shape == (256 // COARSE, 320 // COARSE)
    inner = flow[8:-8, 8:-8]
    np.testing.assert_allclose(np.median(inner, axis=(0, 1)), (1.5, -2.25), atol=0.1)
    assert np.percentile(doubt[8:-8, 8:-8], 90) < 0.5


def test_what_shows_something_else_is_doubted():
    moving, fixed = normalise_locally(texture()), normalise_locally(texture()[::-1, ::-1].copy())
    _, doubt = smooth_flow(moving, fixed)
    assert np.median(doubt) > 1


def test_follow_samples_where_the_flow_points():
    picture = texture()
    flow = np.empty((256 // COARSE, 320 // COARSE, 2), np.float32)
    flow[...] = (3, -5)
    found = follow(picture, flow)
    np.testing.assert_allclose(found[10:-10, 10:-10], picture[13:-7, 5:-15], atol=1e-3)
