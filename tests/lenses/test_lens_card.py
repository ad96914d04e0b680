"""Which photos a lens card is for, and cards that were written by strangers."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lensed import DSLR, PHONE, TELE, lens_card

from opticalzoom.errors import CheckpointError
from opticalzoom.lenses.lens_card import LensCard, read_lens
from opticalzoom.photo.metadata import Metadata

CARD = lens_card()


def test_a_card_survives_json():
    assert LensCard.from_dict(json.loads(json.dumps(CARD.to_dict()))) == CARD
    assert read_lens({"steps": 3, "lens": CARD.to_dict()}) == CARD
    assert read_lens({"steps": 3}) is None


def test_a_card_of_photos_without_exif_is_that_of_no_photo():
    card = lens_card(Metadata())
    assert (card.camera, card.lens, card.focal_length, card.equivalent) == ("", "", 0.0, None)
    assert LensCard.from_dict(card.to_dict()) == card
    assert not card.matches(Metadata())
    assert not card.matches(PHONE)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"camera": "GOOGLE  pixel 7"}, True),
        ({"lens": None}, True),
        ({"focal_length_35mm": None}, True),
        ({"focal_length_35mm": 26.0}, True),  # rounded the other way
        ({"focal_length": 6.81 * 1.04}, True),
        ({"focal_length": 6.81 * 1.06}, False),
        ({"focal_length": 6.81 * 0.94}, False),
        ({"focal_length_35mm": 50.0}, False),  # digital zoom: the true focal length and the middle of the picture
        ({"camera": "Google Pixel 7 Pro"}, False),
        ({"camera": "Google"}, False),
        ({"camera": None}, False),
        ({"focal_length": None}, False),
        ({"lens": "Pixel 7 front camera 6.81mm f/1.85"}, False),
        ({"iso": 6400, "orientation": 6, "exposure_time": 0.1}, True),
    ],
)
def test_which_photos_it_is_for(change, expected):
    assert CARD.matches(replace(PHONE, **change)) is expected


def test_other_lenses_and_other_cameras():
    known = [PHONE, TELE, DSLR]
    table = [[lens_card(card).matches(photo) for photo in known] for card in known]
    assert table == [[True, False, False], [False, True, False], [False, False, True]]


@given(st.floats(1, 1000), st.floats(1, 1000))
def test_the_distance_is_relative(own, other):
    card = lens_card(replace(PHONE, focal_length=own))
    assert card.distance(replace(PHONE, focal_length=other)) == pytest.approx(abs(other - own) / own)


def test_the_date_without_a_zone_is_utc():
    assert CARD.learned_at == datetime(2026, 11, 28, tzinfo=timezone.utc)
    assert lens_card(date="2026-11-28T02:00:00+02:00").learned_at == CARD.learned_at


def test_infinity_becomes_nothing():
    card = lens_card(figures={"gain": {"bicubic": [0.5, math.inf]}})
    assert card.to_dict()["figures"] == {"gain": {"bicubic": [0.5, None]}}
    assert LensCard.from_dict(card.to_dict()).figures["gain"]["bicubic"] == [0.5, None]


NESTED: list = []
for _ in range(9):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("camera", None),
        ("camera", 7),
        ("camera", "x" * 201),
        ("camera", "Pixel\x1b[31m 7"),
        ("lens", ["a"]),
        ("focal_length", "6.81"),
        ("focal_length", -1.0),
        ("focal_length", math.nan),
        ("focal_length", 10**400),
        ("focal_length", True),
        ("equivalent", "25"),
        ("ratio", 0.5),
        ("ratio", 1e6),
        ("ratio", math.inf),
        ("scale", 5),
        ("scale", 2.0),
        ("scale", "2"),
        ("input", "resized"),
        ("input", ["rgb"]),
        ("date", "yesterday"),
        ("date", 20261128),
        ("figures", [1]),
        ("figures", {"psnr": "28"}),
        ("figures", {"psnr": {"bicubic": math.nan}}),
        ("figures", {"x": NESTED}),
        ("figures", {"x": list(range(300))}),
        ("figures", {"\x1b[31m": 1}),
        ("figures", {"x": True}),
    ],
)
def test_damaged_cards_name_what_is_wrong(name, value):
    with pytest.raises(CheckpointError, match=f"damaged lens card .*its {name}"):
        LensCard.from_dict(CARD.to_dict() | {name: value})


@pytest.mark.parametrize("content", [None, [], "card", {}, {"camera": "x"}, CARD.to_dict() | {"path": "/etc"}])
def test_what_is_no_card(content):
    with pytest.raises(CheckpointError, match="damaged lens card"):
        read_lens({"lens": content})


def test_titles():
    assert CARD.title == "Google Pixel 7, 6.81 mm"
    assert lens_card(Metadata()).title == "camera without EXIF, 0 mm"
