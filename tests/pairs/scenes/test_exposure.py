"""Brackets, bursts and long exposures, on shots that are only metadata."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from opticalzoom.pairs.scenes.exposure import like_exposed, pause_between, stops_between
from opticalzoom.pairs.scenes.focal_lengths import ShotPair
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.siblings import Shot

START = datetime(2026, 1, 2, 3, 4, 5)


def shot(name, length=24.0, *, at=0.0, seconds=1 / 100, iso=100, f_number=4.0):
    time = START + timedelta(seconds=at)
    known = Metadata("One", None, length, None, time=time, exposure_time=seconds, f_number=f_number, iso=iso)
    return Shot(Path(f"{name}.jpg"), None, known)


def pairs(shorts, longs, agreeing=lambda short, long: 0):
    return [
        (ShotPair(f"{short.name}{long.name}", short, long, 2.0), agreeing(short, long))
        for short in shorts
        for long in longs
    ]


def names(found):
    return [pair.name for pair in found]


@pytest.mark.parametrize(
    ("changes", "stops"),
    [
        ({}, 0),
        ({"seconds": 1 / 25}, 2),
        ({"iso": 800}, 3),
        ({"f_number": 8.0}, -2),
        ({"seconds": 1 / 200, "iso": 200}, 0),
        ({"seconds": 1 / 50, "f_number": None}, 1),
        ({"seconds": None}, None),
    ],
)
def test_stops(changes, stops):
    found = stops_between(shot("a").metadata, shot("b", **changes).metadata)
    assert found == (None if stops is None else pytest.approx(stops))


def test_of_a_bracket_each_exposure_is_paired_with_its_like():
    times = {"-": 1 / 800, "0": 1 / 100, "+": 8 / 100}
    shorts = [shot(f"s{sign}", at=n, seconds=time) for n, (sign, time) in enumerate(times.items())]
    longs = [shot(f"l{sign}", 50.0, at=20 + n, seconds=time) for n, (sign, time) in enumerate(times.items())]
    assert names(like_exposed(pairs(shorts, longs))) == ["s-l-", "s0l0", "s+l+"]
    assert names(like_exposed(pairs(shorts, longs[1:2]))) == ["s0l0"]
    assert like_exposed(pairs(shorts[:1], longs[2:])) == []


def test_of_bursts_the_pair_with_most_in_common_is_taken():
    shorts = [shot(f"s{n}", at=0.1 * n) for n in range(4)]
    longs = [shot(f"l{n}", 50.0, at=9 + 0.1 * n) for n in range(5)]
    found = like_exposed(pairs(shorts, longs, lambda short, long: (short.name, long.name) == ("s2", "l3")))
    assert names(found) == ["s2l3"]


def test_shots_that_were_taken_twice_are_two_pairs_and_every_focal_length_has_its_own():
    shorts = [shot("s1"), shot("s2", at=30)]
    longs = [shot("l1", 50.0, at=10), shot("l2", 50.0, at=40)]
    assert len(like_exposed(pairs(shorts, longs))) == 2
    tele = [shot("t1", 100.0, at=15)]
    assert names(like_exposed(pairs(shorts[:1], [*longs[:1], *tele]))) == ["s1l1", "s1t1"]


def test_what_is_not_told_keeps_nothing_from_being_a_pair():
    shorts, longs = [shot("s", seconds=None)], [shot("l", 50.0, seconds=None)]
    assert names(like_exposed(pairs(shorts, longs))) == ["sl"]


def test_a_pause_begins_at_the_end_of_an_exposure():
    assert pause_between(shot("a", seconds=120.0), shot("b", at=130)) == pytest.approx(10)
