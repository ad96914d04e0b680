"""A few of many pairs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.pairs.selection import evenly_spread, float_arrays


@given(st.integers(1, 40), st.integers(1, 12))
def test_an_even_spread_has_both_ends_and_nothing_twice(count, most):
    chosen = evenly_spread(range(count), most)
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(count, most)
    assert chosen[0] == 0
    assert chosen[-1] == count - 1 or most == 1


def test_nothing_is_chosen_from_nothing():
    assert evenly_spread([], 8) == []


def test_arrays_are_display_values_and_a_mask():
    x, y = np.full((2, 3, 3), 51, np.uint8), np.full((4, 6, 3), 13107, np.uint16)
    ((x_found, y_found, mask),) = float_arrays([TrainingPair("a", x, y, np.eye(4, 6) > 0)])
    assert x_found.dtype == y_found.dtype == np.float32
    np.testing.assert_allclose(x_found, 0.2, rtol=1e-6)
    np.testing.assert_allclose(y_found, 0.2, rtol=1e-6)
    np.testing.assert_array_equal(mask, np.eye(4, 6) > 0)
