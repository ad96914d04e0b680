"""Steps that a budget allows, and where a run should have stopped."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from learnings import soft_lens

from opticalzoom.models import build
from opticalzoom.training.learning.budget import (
    StepPace,
    affordable_counts,
    best_stop,
    marks,
    measure_pace,
    plan_recipe,
    recipe_for,
)


def test_a_budget_is_divided_among_the_runs():
    assert plan_recipe(300, 3, 20, StepPace(0.5, True, 2)).steps == 200
    assert plan_recipe(300, 3, 20, StepPace(0.5, True, 2)).bfloat16


def test_few_pairs_get_few_steps_however_long_the_budget():
    assert plan_recipe(36_000, 3, 1, StepPace(0.1, False, 1)).steps == 150
    assert plan_recipe(36_000, 3, 2, StepPace(0.1, False, 1)).steps == 300


def test_a_short_run_learns_faster():
    hasty, calm = plan_recipe(30, 3, 1, StepPace(0.2, False, 1)), plan_recipe(900, 3, 1, StepPace(0.2, False, 1))
    assert calm.rate < hasty.rate <= 3 * calm.rate


@given(st.integers(1, 5000))
def test_marks_rise_and_end_with_the_last_step(steps):
    found = marks(steps)
    assert found == sorted(set(found))
    assert found[-1] == steps
    assert found[0] >= 1


def test_the_best_stop_is_where_the_mean_is_highest():
    curves = [[(10, 1.0), (20, 3.0), (30, 2.0)], [(10, 1.0), (20, 1.5), (30, 2.8)]]
    assert best_stop(curves, 30) == 30
    assert best_stop(curves[:1], 30) == 20
    assert best_stop([], 30) == 30


def test_of_equal_stops_the_first_is_taken():
    assert best_stop([[(10, 1.0), (20, 1.0)]], 20) == 10


def test_a_pace_is_measured_and_the_network_stays_as_it_is():
    threads = torch.get_num_threads()
    model = build("sdan_plus", scale=2, features=4, blocks=1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    pace = measure_pace(model, soft_lens(1).pairs)
    assert pace.seconds > 0
    assert torch.get_num_threads() == pace.threads
    torch.set_num_threads(threads)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_a_curve_over_pairs_is_learned_in_the_time_that_is_left():
    pace = StepPace(0.1, False, 1)
    assert affordable_counts(1e6, 12, 400, pace) == [1, 2, 4, 8]
    assert affordable_counts(1e6, 4, 400, pace) == [1, 2]
    assert affordable_counts(1e6, 1, 400, pace) == []
    assert affordable_counts(15 + 30 + 39, 12, 400, pace) == [1, 2]  # 150, 300 and 400 steps of a tenth of a second
    assert affordable_counts(-5, 12, 400, pace) == []


def test_a_run_on_few_pairs_has_no_more_steps_than_they_are_good_for():
    assert recipe_for(1, 400).steps == 150
    assert recipe_for(4, 400).steps == 400
    assert recipe_for(4, 400, bfloat16=True).bfloat16
