"""What a card holds, in one line and for a scale."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom.pairs.scenes import ratios
from opticalzoom.pairs.scenes.focal_lengths import Scene, ShotPair
from opticalzoom.pairs.scenes.ratios import Survey, nearest_scale, suits
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.siblings import Shot
from opticalzoom.weights.contract import SCALES


def shot(name, equivalent=None, digital=None):
    return Shot(Path(f"{name}.jpg"), None, Metadata(focal_length_35mm=equivalent, digital_zoom=digital))


def pair(ratio, number=0, digital=None, lengths=(None, None)):
    short, long = shot(f"a{number}", lengths[0]), shot(f"b{number}", lengths[1], digital)
    return "s", ShotPair(f"s-a{number}-b{number}", short, long, None, ratio, ratio)


def card(*pairs):
    return Survey([Scene("s", (pairs[0][1].short, pairs[0][1].long))], list(pairs), [])


@pytest.mark.parametrize(
    ("ratio", "magnification", "suited"),
    [(2.0, 2.0, True), (1.75, 1.75, True), (1.7, 1.7, False), (2.6, 2.6, False), (3.97, 2.1, True), (2.0, 1.0, False)],
)
def test_what_suits_a_scale(ratio, magnification, suited):
    assert suits(ratio, magnification, 2, 0.25) == suited


def test_examples():
    assert doctest.testmod(ratios).failed == 0


def test_a_card_is_told_in_one_line_most_pairs_first():
    told = card(pair(4.6, 0, lengths=(26, 120)), *(pair(2 + n / 50, n, lengths=(26, 52)) for n in (1, 2, 3)))
    assert str(told) == "1 scene; 3 pairs at ×2.04 (26 → 52 mm), 1 at ×4.6 (26 → 120 mm)"


def test_digital_zoom_counts_for_its_optical_part():
    half, whole = pair(4.0, 0, digital=2.0), pair(4.0, 1, digital=4.0)
    assert str(card(half, whole)) == "1 scene; 1 pair at ×2, 1 by digital zoom only"
    assert card(half).suited(2) == [half]
    assert card(whole).suited(2) == []
    assert card(half, whole).suited(4) == [half, whole]  # for registration to refuse
    assert str(card(whole)) == "1 scene; no pairs of different focal lengths, 1 by digital zoom only"


@given(ratio=st.floats(1.5, 10))
def test_every_ratio_is_served_by_a_scale_no_farther_than_a_factor_of_one_and_a_half(ratio):
    scale = nearest_scale(ratio)
    assert scale in SCALES
    assert 1 / 1.5 <= ratio / scale <= 1.5
    assert suits(ratio, ratio, scale, 0.6)
