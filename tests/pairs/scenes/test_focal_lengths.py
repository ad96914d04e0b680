"""Ratios of fields of view, computed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from opticalzoom.pairs.scenes.focal_lengths import by_focal_length, crop_factor, field_of_view_ratio
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.siblings import Shot


def lens(focal_length: float | None, equivalent: float | None = None) -> Metadata:
    return Metadata(focal_length=focal_length, focal_length_35mm=equivalent)


def shot(name: str, focal_length: float | None, equivalent: float | None = None) -> Shot:
    return Shot(Path(f"{name}.jpg"), None, lens(focal_length, equivalent))


@pytest.mark.parametrize(
    ("short", "long", "ratio"),
    [
        (lens(24), lens(96), 4.0),
        (lens(18, 27), lens(70, 105), 70 / 18),
        (lens(4.25, 28), lens(6, 52), 52 / 28),
        (lens(4, 28), lens(4, 56), 2.0),
        (lens(None, 28), lens(None, 56), 2.0),
        (lens(24), lens(50, 75), 50 / 24),
        (lens(35), lens(None, 70), None),
        (lens(None), lens(50), None),
        (lens(4, 28), lens(6.0, 44), 1.5),
        (lens(4, 28), lens(6.0, 45), 45 / 28),
    ],
    ids=[
        "one camera",
        "one sensor, so the exact focal lengths",
        "a phone's smaller sensor behind its tele lens",
        "digital zoom",
        "equivalents alone",
        "an equivalent of one only",
        "nothing in common",
        "nothing known",
        "crop factors 7.00 and 7.33 are one sensor",
        "crop factors 7.00 and 7.50 are two",
    ],
)
def test_the_ratio_by_hand(short, long, ratio):
    assert field_of_view_ratio(short, long) == ratio


def test_the_crop_factor_needs_both_lengths():
    assert crop_factor(lens(50, 75)) == 1.5
    assert crop_factor(lens(50)) is None
    assert crop_factor(lens(None, 75)) is None


def test_the_longest_is_first_and_the_unknown_last_by_name():
    shots = [shot("b", None), shot("a", None), shot("c", 24), shot("d", 200), shot("e", 50)]
    assert [one.name for one in by_focal_length(shots)] == ["d", "e", "c", "a", "b"]


def test_equivalents_decide_where_all_shots_have_one():
    tele, wide = shot("tele", 6, 52), shot("wide", 7, 28)
    assert by_focal_length([wide, tele]) == (tele, wide)
    unknown = shot("unknown", 5)
    assert by_focal_length([tele, wide, unknown]) == (wide, tele, unknown)
