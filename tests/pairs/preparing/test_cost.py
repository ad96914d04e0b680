"""Which pairs there is time for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cards import write_card

from opticalzoom.pairs.preparing.cost import LEAST_PAIRS, SECONDS_A_MEGAPIXEL, affordable_pairs, target_megapixels
from opticalzoom.pairs.scenes.survey import survey


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    write_card(folder, scenes=2, focal_lengths=(50.0, 24.0), size=(200, 300))
    first, second = survey(folder).pairs
    return [(f"scene {number}", (first, second)[number % 2][1]) for number in range(12)]


def test_a_target_has_the_pixels_of_the_part_that_the_long_shot_shows(pairs):
    _, pair = pairs[0]
    assert target_megapixels(pair, 2) == pytest.approx(0.06 * 4 / (50 / 24) ** 2, rel=0.15)
    gone = replace(pair, short=replace(pair.short, photo=pair.short.path.with_name("gone.jpg")))
    assert target_megapixels(gone, 2) == 0


def test_as_many_are_taken_as_there_is_time_for_from_the_first_to_the_last(pairs):
    one = target_megapixels(pairs[0][1], 2) * SECONDS_A_MEGAPIXEL
    some = affordable_pairs(pairs, 2, 3.05 * one, cores=2)
    assert len(some) == 6
    assert (some[0], some[-1]) == (pairs[0], pairs[-1])
    assert affordable_pairs(pairs, 2, 3600) == pairs
    assert affordable_pairs(pairs, 2, float("inf")) == pairs
    assert len(affordable_pairs(pairs, 2, 0.0)) == LEAST_PAIRS
    assert affordable_pairs([], 2, 60) == []
