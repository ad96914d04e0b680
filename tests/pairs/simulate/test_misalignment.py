from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opticalzoom.pairs.simulate.misalignment import (
    Misalignment,
    random_homography,
    random_local_field,
)


def test_the_field_depends_on_seed_and_name_alone():
    field = Misalignment(10, 2, seed=1).field("a", 40, 50)
    assert np.array_equal(field, Misalignment(10, 2, seed=1).field("a", 40, 50))
    assert not np.allclose(field, Misalignment(10, 2, seed=2).field("a", 40, 50))
    assert not np.allclose(field, Misalignment(10, 2, seed=1).field("b", 40, 50))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(0.5, 20), st.integers(60, 90), st.integers(60, 90))
def test_corners_move_by_the_strength_at_most(seed, strength, height, width):
    field = Misalignment(strength, seed=seed).field("pair", height, width)
    corners = field[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.linalg.norm(corners, axis=-1).max() <= strength + 1e-3
    assert np.abs(field).max() > 0


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (70, 500)])
def test_the_local_field_reaches_its_largest_displacement(size):
    field = random_local_field(np.random.default_rng(0), *size, 2.5)
    assert field.shape == (*size, 2)
    assert np.linalg.norm(field, axis=-1).max() == pytest.approx(2.5, rel=1e-5)


def test_nothing_moves_unless_asked():
    assert Misalignment().is_none
    assert not Misalignment(local=1).is_none
    assert not Misalignment().field("a", 9, 9).any()
    assert np.array_equal(random_homography(np.random.default_rng(0), 1, 1, 5.0), np.eye(3))
