"""EXIF of zoomed photos, as Pillow reads it."""

from __future__ import annotations

import io
import struct

import pytest
from exif_blocks import block, by_pillow, damaged, overlapping
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from opticalzoom.photo import exif
from opticalzoom.photo.carried.described import describe, fit, in_srgb


def described(data, height, width):
    return describe(exif.parse(data), height, width).block


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_survive_and_what_no_longer_holds_does_not(order):
    out = described(block(order, maker_note=b"secret" * 9, thumbnail=b"THUMBNAIL"), height=30, width=70000)
    assert out is not None
    assert out[:2] == (b"II" if order == "<" else b"MM")
    assert b"THUMBNAIL" not in out
    main = by_pillow(out)
    assert dict(main) == {0x010F: "Nikon", 0x0112: 1, 0x8298: "© Jörg".encode().decode("latin-1")} | {
        pointer: main[pointer] for pointer in (0x8769, 0x8825)
    }
    details = main.get_ifd(0x8769)
    assert (details[0x829A], details[0x9204], details[0xA434]) == (1 / 250, -2 / 3, "50.0 mm f/1.8")
    assert (details[0xA002], details[0xA003]) == (70000, 30)
    assert details[0x927C] == b"secret" * 9
    assert main.get_ifd(0x8825) == {1: "N", 2: (47.0, 22.0, 1.5)}
    assert main.get_ifd(1) == {}


def test_bytes_and_types_are_those_of_the_camera():
    original, rewritten = exif.parse(block()), exif.parse(described(block(), 4000, 6000))
    for tag in (0x010F, 0x8298):
        assert original.main[tag][:3] == rewritten.main[tag][:3]
    for pointer, tags in ((0x8769, (0x829A, 0x9204, 0xA434)), (0x8825, (1, 2))):
        for tag in tags:
            assert original.main[pointer][tag][:3] == rewritten.main[pointer][tag][:3]


def test_describing_twice_changes_nothing():
    once = described(block(maker_note=bytes(range(99))), 40, 60)
    assert described(once, 40, 60) == once


def test_maker_note_stays_where_its_own_offsets_point():
    note = bytes(range(200))
    before = block(maker_note=note)
    after = described(before, 40, 60)
    assert after.index(note) == before.index(note)


@pytest.mark.parametrize("at", [20, 60, 300, 5000, 60_000])
def test_a_note_stays_wherever_it_was(at):
    """Also in front of the directories, or between them."""
    parsed = exif.parse(block(maker_note=b"note" * 20))
    details = parsed.main[exif.EXIF]
    details[exif.MAKER_NOTE] = details[exif.MAKER_NOTE]._replace(at=at)
    found = describe(parsed, 40, 60)
    assert found.notes == ()
    assert found.block[at : at + 80] == b"note" * 20
    main, rewritten = by_pillow(found.block), exif.parse(found.block)
    assert (main[0x010F], main.get_ifd(0x8769)[0x927C]) == ("Nikon", b"note" * 20)
    assert rewritten.main[0x8298].raw == parsed.main[0x8298].raw
    assert main.get_ifd(0x8825) == {1: "N", 2: (47.0, 22.0, 1.5)}


def note_left_out(found):
    return any("maker's note" in note for note in found.notes) and exif.MAKER_NOTE not in exif.parse(found.block).main


def test_a_note_that_cannot_stay_is_left_out_and_one_that_need_not_is_kept():
    for note, movable in ((b"Canon-like" * 9, False), (b"Nikon\0\2\x10\0\0MM\0*" * 9, True)):
        before = block(maker_note=note)
        for found in (fit(describe(exif.parse(before), 4, 6).block, 4, 6, "TIFF"), far_away(before)):
            assert note_left_out(found) is not movable
            assert (note in found.block) is movable
        assert note in fit(before, 4, 6, "PNG").block


def far_away(data):
    parsed = exif.parse(data)
    details = parsed.main[exif.EXIF]
    details[exif.MAKER_NOTE] = details[exif.MAKER_NOTE]._replace(at=3_000_000)
    return describe(parsed, 4, 6)


def test_large_values_go_where_jpeg_has_no_room():
    whole = block(maker_note=b"x" * 70_000)
    found = fit(whole, 40, 60, "JPEG")
    assert len(found.block) < 1000
    assert found.notes == ("long values of EXIF are left out, as JPEG has no room for them",)
    details = by_pillow(found.block).get_ifd(0x8769)
    assert 0x927C not in details
    assert details[0xA434] == "50.0 mm f/1.8"
    assert b"x" * 70_000 in fit(whole, 40, 60, "WEBP").block


def test_no_block():
    for data in (None, b"", b"no EXIF at all"):
        assert fit(data, 1, 1, "JPEG") == (None, ())
    assert describe(None, 1, 1) == (None, ())


def test_what_tiff_ep_has_in_the_main_directory_is_found_again():
    entries = struct.pack("<HHIHH", 0x8827, 3, 1, 400, 0) + struct.pack("<HHIHH", 0x0103, 3, 1, 1, 0)
    out = described(b"II*\0\x08\0\0\0\2\0" + entries + bytes(4), 4, 6)
    main = by_pillow(out)
    assert main.get_ifd(0x8769)[0x8827] == 400
    assert 0x0103 not in main


def test_a_picture_in_srgb_does_not_say_adobe_rgb():
    made = Image.Exif()
    made.get_ifd(0x8769).update({0xA001: 65535, 0xA005: {1: "R03"}, 0x920A: 35.0})
    parsed = exif.parse(made.tobytes().removeprefix(exif.PREFIX))
    details = by_pillow(describe(in_srgb(parsed), 4, 6).block).get_ifd(0x8769)
    assert (details[0xA001], details[0x920A], 0xA005 in details) == (1, 35.0, False)


def test_values_that_lie_on_one_another_are_not_all_written():
    assert len(described(overlapping(5000, 65_000), 3, 4)) < 130_000


@settings(max_examples=200)
@given(st.data())
def test_damage_never_raises(data):
    out = described(damaged(data), 3, 4)
    assert out is None or exif.parse(out).number(exif.ORIENTATION, 0) == 1


def test_agrees_with_a_block_made_by_pillow():
    made = Image.Exif()
    made[0x010F], made[0x0112] = "Canon", 8
    made.get_ifd(0x8769)[0x920A] = 85.0
    file = io.BytesIO()
    Image.new("L", (3, 2)).save(file, "JPEG", exif=made)
    data = Image.open(file).info["exif"].removeprefix(b"Exif\0\0")
    parsed = exif.parse(data)
    assert parsed.number(exif.ORIENTATION, 1) == 8
    assert by_pillow(described(data, 2, 3)).get_ifd(0x8769)[0x920A] == 85.0
