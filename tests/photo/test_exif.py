from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from opticalzoom.photo import exif


def block(order: str = "<", *, maker_note: bytes = b"", thumbnail: bytes = b"") -> bytes:
    """An EXIF block put together by hand: entries (tag, type, count, bytes) of three directories and a thumbnail."""

    def directory(start, entries, link=0):
        table, values = struct.pack(order + "H", len(entries)), b""
        after = start + 2 + 12 * len(entries) + 4
        for tag, kind, count, raw in entries:
            far = struct.pack(order + "I", after + len(values))
            table += struct.pack(order + "HHI", tag, kind, count) + (raw.ljust(4, b"\0") if len(raw) <= 4 else far)
            values += raw + bytes(len(raw) % 2) if len(raw) > 4 else b""
        return table + struct.pack(order + "I", link) + values

    def ascii_(tag, text):
        raw = text.encode() + b"\0"
        return tag, 2, len(raw), raw

    def pack(code, *values):
        return struct.pack(order + code, *values)

    main = [
        (0x0100, 4, 1, pack("I", 6000)),  # ImageWidth: of the old file, to be left out
        ascii_(0x010F, "Nikon"),
        (0x0112, 3, 1, pack("H", 6)),
        ascii_(0x8298, "© Jörg"),
        (0x8769, 4, 1, pack("I", 400)),
        (0x8825, 4, 1, pack("I", 200)),
    ]
    details = [
        (0x829A, 5, 1, pack("II", 1, 250)),
        (0x9204, 10, 1, pack("ii", -2, 3)),
        *([(0x927C, 7, len(maker_note), maker_note)] if maker_note else []),
        (0xA002, 4, 1, pack("I", 6000)),
        (0xA003, 4, 1, pack("I", 4000)),
        ascii_(0xA434, "50.0 mm f/1.8"),
    ]
    position = [(1, 2, 2, b"N\0"), (2, 5, 3, pack("IIIIII", 47, 1, 22, 1, 3, 2))]
    data = (b"II" if order == "<" else b"MM") + pack("HI", 42, 8) + directory(8, main, link=350 if thumbnail else 0)
    data = data.ljust(200, b"\0") + directory(200, position)
    data = data.ljust(350, b"\0") + directory(350, [(0x0201, 4, 1, pack("I", 2000)), (0x0202, 4, 1, pack("I", 9))])
    data = data.ljust(400, b"\0") + directory(400, details)
    return data.ljust(2000, b"\0") + thumbnail if thumbnail else data


def by_pillow(data: bytes) -> Image.Exif:
    parsed = Image.Exif()
    parsed.load(data)
    return parsed


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_survive_and_what_no_longer_holds_does_not(order):
    out = exif.describe(block(order, maker_note=b"secret" * 9, thumbnail=b"THUMBNAIL"), height=30, width=70000)
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
    original, rewritten = exif.parse(block()), exif.parse(exif.describe(block(), 4000, 6000))
    for tag in (0x010F, 0x8298):
        assert original.main[tag][:3] == rewritten.main[tag][:3]
    for pointer, tags in ((0x8769, (0x829A, 0x9204, 0xA434)), (0x8825, (1, 2))):
        for tag in tags:
            assert original.main[pointer][tag][:3] == rewritten.main[pointer][tag][:3]


def test_describing_twice_changes_nothing():
    once = exif.describe(block(maker_note=bytes(range(99))), 40, 60)
    assert exif.describe(once, 40, 60) == once


def test_maker_note_stays_where_its_own_offsets_point():
    note = bytes(range(200))
    before = block(maker_note=note)
    after = exif.describe(before, 40, 60)
    assert after.index(note) == before.index(note)


def test_large_values_go_when_asked():
    out = exif.describe(block(maker_note=b"x" * 5000), 40, 60, largest=4096)
    assert len(out) < 1000
    details = by_pillow(out).get_ifd(0x8769)
    assert 0x927C not in details
    assert details[0xA434] == "50.0 mm f/1.8"


def test_a_directory_that_points_to_itself_ends():
    looped = bytearray(block())
    pointer = struct.pack("<HHI", 0x8769, 4, 1)
    struct.pack_into("<I", looped, looped.index(pointer) + 8, 8)
    assert exif.parse(bytes(looped)).main[0x010F].raw == b"Nikon\0"


@pytest.mark.parametrize(
    "data", [b"", b"II", b"II*\0", b"II*\0\xff\xff\xff\xff", b"no EXIF at all", b"II+\0" + bytes(20)]
)
def test_no_block(data):
    assert exif.parse(data) is None
    assert exif.describe(data, 1, 1) is None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damage_never_raises(data):
    damaged = bytearray(block(maker_note=b"m" * 50))
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    out = exif.describe(cut, 3, 4)
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
    assert by_pillow(exif.describe(data, 2, 3)).get_ifd(0x8769)[0x920A] == 85.0


def overlapping(entries, length):
    """A block whose EXIF directory has ``entries`` values that are all nearly the whole block."""
    main = struct.pack("<HHHIIi", 1, 0x8769, 4, 1, 26, 0)
    table = b"".join(struct.pack("<HHII", 0x9000 + number, 7, length - 100, 50) for number in range(entries))
    return (b"II*\0" + struct.pack("<I", 8) + main + struct.pack("<H", entries) + table).ljust(length, b"\0")


def test_values_that_lie_on_one_another_are_not_all_copied():
    block = overlapping(5000, 65_000)
    parsed = exif.parse(block)
    assert sum(len(value.raw) for value in parsed.main[exif.EXIF].values()) <= len(block)
    assert len(exif.describe(block, 3, 4)) < 2 * len(block)
