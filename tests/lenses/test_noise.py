"""Noise that was added is measured, where the picture is flat."""

from __future__ import annotations

import numpy as np
import pytest

from opticalzoom.errors import ShapeError
from opticalzoom.lenses.noise import BRIGHTNESS, NoiseSums, noise_sums


def steps_of_grey(side: int = 120) -> np.ndarray:
    """A flat stripe in the middle of each bin, from dark to bright, H×W×3 float32."""
    return np.broadcast_to(np.repeat(BRIGHTNESS, side // 12)[None, :, None], (side, side, 3)).astype(np.float32)


def everywhere(picture: np.ndarray) -> np.ndarray:
    return np.ones(picture.shape[:2], bool)


def test_noise_over_brightness_is_found():
    clean = steps_of_grey(480)
    deviation = (0.002 + 0.02 * np.sqrt(clean)) * np.array([1, 0.5, 2], np.float32)
    noisy = clean + deviation * np.random.default_rng(0).standard_normal(clean.shape, np.float32)
    curve, doubt = noise_sums(noisy, clean, everywhere(clean)).curve()
    true = (0.002 + 0.02 * np.sqrt(BRIGHTNESS)) * np.array([[1], [0.5], [2]])
    measured = doubt < curve / 2
    assert measured.sum(axis=1).min() >= 8
    np.testing.assert_allclose(curve[measured], true[measured], rtol=0.05)
    assert (np.abs(curve - true)[measured] / doubt[measured] < 5).all()


def test_doubt_is_the_spread_of_repetitions():
    clean = np.full((40, 40, 3), 0.54, np.float32)
    curves, doubts = [], []
    for seed in range(40):
        noisy = clean + np.random.default_rng(seed).normal(0, 0.01, clean.shape).astype(np.float32)
        curve, doubt = noise_sums(noisy, clean, everywhere(clean)).curve()
        curves.append(curve[:, 6])
        doubts.append(doubt[:, 6])
    assert np.mean(doubts) == pytest.approx(np.std(curves), rel=0.25)
    assert np.mean(curves) == pytest.approx(0.01, rel=0.01)


def test_texture_and_untrusted_pixels_do_not_count():
    clean = steps_of_grey()
    clean[:60] += np.random.default_rng(1).uniform(-0.1, 0.1, (60, 120, 3)).astype(np.float32)
    x, good = clean.copy(), everywhere(clean)
    x[:60] += 0.3  # not flat: whatever it is
    x[90:], good[90:] = 0.5, False
    sums = noise_sums(x, clean, good)
    assert sums.squares.max() < 1e-9
    assert sums.counts.sum() > 0


def test_slow_differences_are_no_noise():
    clean = np.full((60, 60, 3), 0.5, np.float32)
    shaded = clean + np.linspace(-0.1, 0.1, 60, dtype=np.float32)[:, None]
    assert noise_sums(shaded, clean, everywhere(clean)).squares.max() < 1e-9


def test_sums_are_added_and_gaps_are_filled_with_doubt():
    counts = np.zeros((3, len(BRIGHTNESS)))
    counts[:2, [2, 6]] = 500
    sums = NoiseSums(counts * 0.96 * 1e-4, counts)
    curve, doubt = (sums + sums).curve()
    np.testing.assert_allclose(curve[:2], 0.01)
    np.testing.assert_allclose(doubt[0, [2, 6]], 0.01 / np.sqrt(2000))
    np.testing.assert_allclose(doubt[0, [0, 4, 11]], 0.01)
    assert not curve[2].any()
    assert (doubt[2] == 1).all()  # nothing was seen of that colour


def test_shapes_that_differ_are_refused():
    x = np.zeros((8, 9, 3), np.float32)
    with pytest.raises(ShapeError, match=r"\(8, 9, 3\), \(8, 8, 3\)"):
        noise_sums(x, x[:, 1:], np.ones((8, 9), bool))
