"""Values of EXIF that count pixels, as Pillow reads them."""

from __future__ import annotations

import pytest
from exif_blocks import block, by_pillow
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from opticalzoom.photo import exif
from opticalzoom.photo.carried.described import describe
from opticalzoom.photo.carried.packing import packed
from opticalzoom.photo.carried.pixel_counts import SUBJECT_LEFT_OUT, zoomed_exif
from opticalzoom.photo.window import Window

WHOLE = Window(slice(0, 100), slice(0, 200))


def camera(subject, orientation=1):
    made = Image.Exif()
    made[0x0112] = orientation
    made.get_ifd(0x8769).update({0x9214: subject, 0xA20E: 5000.0, 0xA20F: 4000.0, 0x920A: 35.0})
    return made.tobytes().removeprefix(exif.PREFIX)


def details(data):
    return by_pillow(data).get_ifd(0x8769)


@pytest.mark.parametrize("subject", [(50, 40), (50, 40, 10), (50, 40, 20, 10)])
def test_the_subject_moves_with_its_pixels(subject):
    found, notes = zoomed_exif(camera(subject), WHOLE, (300, 600))
    assert details(found)[0x9214] == tuple(3 * number for number in subject)
    assert (details(found)[0xA20E], details(found)[0xA20F], details(found)[0x920A]) == (15000, 12000, 35)
    assert notes == ()


def test_a_part_counts_from_its_corner():
    part = Window(slice(30, 70), slice(20, 80))
    found, _ = zoomed_exif(camera((50, 40)), part, (120, 180))
    assert details(found)[0x9214] == (90, 30)


@pytest.mark.parametrize("part", [Window(slice(60, 100), slice(0, 200)), Window(slice(0, 100), slice(60, 200))])
def test_a_subject_outside_is_left_out_with_a_word(part):
    found, notes = zoomed_exif(camera((50, 40)), part, (300, 600))
    assert 0x9214 not in details(found)
    assert notes == (SUBJECT_LEFT_OUT,)


def test_numbers_beyond_what_exif_holds():
    _, notes = zoomed_exif(camera((199, 99)), WHOLE, (100_000, 200_000))
    assert notes == (SUBJECT_LEFT_OUT,)


@settings(max_examples=200)
@given(st.sampled_from([0x9214, 0xA214, 0xA20E, 0xA20F]), st.sampled_from([1, 3, 4, 5, 7, 9, 10, 11, 12]), st.binary())
@example(0x9214, 9, b"\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00")  # an extent below zero
def test_whatever_stands_there_raises_nothing(tag, kind, raw):
    parsed = exif.parse(camera((50, 40)))
    size = {1: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8, 11: 4, 12: 8}[kind]
    length = max(len(raw) // size, 1)
    parsed.main[exif.EXIF][tag] = exif.Value(kind, length, raw.ljust(size, b"\xff")[: length * size])
    found, _ = zoomed_exif(packed(parsed), WHOLE, (300, 600))
    assert details(found)[0x920A] == 35


def test_a_turned_photo_has_no_subject():
    described = describe(exif.parse(camera((50, 40), 6)), 200, 100)
    assert 0x9214 not in details(described.block)
    assert described.notes == (SUBJECT_LEFT_OUT,)
    assert describe(exif.parse(camera((50, 40), 1)), 100, 200).notes == ()


def test_blocks_without_any_stay_byte_by_byte():
    for data in (None, b"no EXIF", block(maker_note=b"note" * 9)):
        assert zoomed_exif(data, WHOLE, (300, 600)) == (data, ())
