"""Least squares as sums, against NumPy's solver."""

from __future__ import annotations

import numpy as np
import pytest

from opticalzoom.errors import ConfigError, PairError, ShapeError
from opticalzoom.lenses.normal_equations import equations, eroded, thinned


def random_problem(height: int = 70, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Windows of 3×3 of two colours, their level, two targets, and what counts: more rows than a band has."""
    rng = np.random.default_rng(seed)
    shapes = [(2, height, 9, 3, 3), (2, height, 9), (2, height, 9, 2)]
    windows, level, targets = (rng.random(shape, np.float32) for shape in shapes)
    return windows, level, targets, rng.random((height, 9)) < 0.7


def unrolled(windows: np.ndarray, level: np.ndarray, targets: np.ndarray, good: np.ndarray, colour: int) -> tuple:
    """A and b of one colour, float64."""
    a = windows[colour][good].reshape(-1, 9).astype(np.float64) - level[colour][good][:, None]
    return a, targets[colour][good].astype(np.float64)


def test_weights_and_what_they_leave_are_those_of_numpy():
    problem = random_problem()
    sums = equations(*problem)
    weights = sums.solve(1e-12)
    left = sums.mean_square(weights)
    for colour in range(2):
        a, b = unrolled(*problem, colour)
        expected, residuals, *_ = np.linalg.lstsq(a, b, rcond=None)
        np.testing.assert_allclose(weights[colour].T, expected, atol=1e-5)
        np.testing.assert_allclose(left[colour], residuals / len(a), rtol=1e-4)
        zero = sums.mean_square(np.zeros_like(weights))[colour]
        np.testing.assert_allclose(zero, np.square(b).mean(axis=0), rtol=1e-6)
    assert sums.count == problem[-1].sum()


def test_the_ridge_is_noise_on_the_windows():
    """Solving with a ridge is solving, without, what has rows of √(count · ridge) below it."""
    problem = random_problem()
    weights = equations(*problem).solve(0.3)
    a, b = unrolled(*problem, 1)
    below = np.sqrt(len(a) * 0.3) * np.eye(9)
    expected = np.linalg.lstsq(np.vstack([a, below]), np.vstack([b, np.zeros((9, 2))]), rcond=None)[0]
    np.testing.assert_allclose(weights[1].T, expected, atol=1e-5)


def test_sums_are_those_of_all_pictures_and_one_can_be_taken_away():
    one, other = equations(*random_problem(seed=1)), equations(*random_problem(40, seed=2))
    parts = zip(random_problem(seed=1), random_problem(40, seed=2), strict=True)
    both = equations(*(np.concatenate(part, axis=int(part[0].ndim > 2)) for part in parts))
    for name in ("gram", "right", "squares", "count"):
        np.testing.assert_allclose(getattr(one + other, name), getattr(both, name), rtol=1e-5)
        np.testing.assert_allclose(getattr(both - other, name), getattr(one, name), rtol=1e-4)


def test_what_is_refused():
    windows, level, targets, good = random_problem()
    with pytest.raises(ShapeError, match="expected C×h×w"):
        equations(windows, level[:, 1:], targets, good)
    with pytest.raises(ConfigError, match="expected a number above 0"):
        equations(windows, level, targets, good).solve(0)
    with pytest.raises(PairError, match="no trusted pixels"):
        equations(windows, level, targets, np.zeros_like(good)).solve(1)


def test_thinning_keeps_an_even_choice():
    good = np.random.default_rng(0).random((60, 80)) < 0.5
    kept = thinned(good, 500)
    assert 300 < kept.sum() <= 500
    assert not (kept & ~good).any()
    quarters = [kept[row : row + 30, column : column + 40].sum() for row in (0, 30) for column in (0, 40)]
    assert min(quarters) > 0.7 * max(quarters)
    np.testing.assert_array_equal(thinned(good, good.sum()), good)
    assert not thinned(good & False, 5).any()


def test_eroding_leaves_whole_windows_only():
    good = np.random.default_rng(1).random((20, 25)) < 0.97
    found = eroded(good, 5)
    for row, column in np.ndindex(good.shape):
        window = good[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
        assert found[row, column] == (window.shape == (5, 5) and window.all())
