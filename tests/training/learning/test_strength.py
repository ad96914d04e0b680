"""How much of the learned detail is believed."""

from __future__ import annotations

import copy

import pytest
from learnings import soft_pair

from opticalzoom.lenses.linear_filter import fit_filter
from opticalzoom.models.baselines import Linear
from opticalzoom.photo.photograph import to_float
from opticalzoom.training.learning.judging import quick_score
from opticalzoom.training.learning.strength import DetailSums, detail_sums, set_strength


@pytest.fixture(scope="module")
def pairs():
    return [soft_pair(f"{seed}", seed, size=(80, 100)) for seed in range(2)]


@pytest.fixture(scope="module")
def model(pairs):
    return Linear.of(fit_filter([(to_float(pair.x), to_float(pair.y), pair.mask) for pair in pairs], 2))


def test_a_fit_is_believed_on_what_it_was_fitted_to(model, pairs):
    assert detail_sums(model, pairs).strength == pytest.approx(1.0, abs=0.1)  # but for the borders


@pytest.mark.parametrize("factor", [1.5, 3.0])
def test_detail_that_is_too_strong_is_brought_back(model, pairs, factor):
    loud, right = set_strength(copy.deepcopy(model), factor), detail_sums(model, pairs).strength
    found = detail_sums(loud, pairs).strength
    assert found == pytest.approx(right / factor)
    assert quick_score(loud, pairs) < quick_score(model, pairs)
    assert quick_score(set_strength(loud, found), pairs) >= quick_score(model, pairs) - 0.01


def test_detail_that_points_the_wrong_way_is_not_added(model, pairs):
    assert detail_sums(set_strength(copy.deepcopy(model), -1.0), pairs).strength == 0.0


def test_sums_add_up(model, pairs):
    both, apart = detail_sums(model, pairs), [detail_sums(model, [pair]) for pair in pairs]
    assert sum(apart, DetailSums()).strength == pytest.approx(both.strength)
    assert DetailSums().strength == 1.0
