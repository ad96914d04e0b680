from __future__ import annotations

import struct

import pytest
from exif_blocks import block, damaged, overlapping
from hypothesis import given, settings
from hypothesis import strategies as st

from opticalzoom.photo import exif


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


ORIENTATIONS = {
    "BYTE": (1, b"\x06"),
    "SHORT": (3, b"\0\x06"),
    "LONG": (4, b"\0\0\0\x06"),
    "SBYTE": (6, b"\x06"),
    "UNDEFINED": (7, b"\x06"),
    "SSHORT": (8, b"\0\x06"),
    "SLONG": (9, b"\0\0\0\x06"),
    "RATIONAL": (5, b"\0\0\0\x0c\0\0\0\x02"),
    "FLOAT": (11, struct.pack(">f", 6)),
    "DOUBLE": (12, struct.pack(">d", 6)),
    "LONG8": (16, struct.pack(">Q", 6)),
    "ASCII": (2, b"6\0"),
}


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_a_number_of_any_type(name):
    kind, raw = ORIENTATIONS[name]
    entry = struct.pack(">HHHI", 1, 0x0112, kind, 2 if name == "ASCII" else 1)
    data = b"MM\0*\0\0\0\x08" + entry + (raw.ljust(4, b"\0") if len(raw) <= 4 else b"\0\0\0\x1a") + bytes(4)
    assert exif.parse(data + (raw if len(raw) > 4 else b"")).number(exif.ORIENTATION, 1) == 6


@pytest.mark.parametrize(("raw", "text"), [(b"Jos\xc3\xa9\0x", "José"), (b"Jos\xe9", "José"), (b"\0\0", "")])
def test_texts_of_cameras(raw, text):
    assert exif.Value(2, len(raw), raw).text() == text


def test_values_that_lie_on_one_another_are_not_all_copied():
    data = overlapping(5000, 65_000)
    parsed = exif.parse(data)
    assert sum(len(value.raw) for value in parsed.main[exif.EXIF].values()) <= len(data)


def test_a_file_is_read_like_a_block(tmp_path):
    (tmp_path / "a").write_bytes(block(maker_note=b"note" * 20))
    with (tmp_path / "a").open("rb") as file:
        assert exif.parse(exif.FileBytes(file)) == exif.parse(block(maker_note=b"note" * 20))


@settings(max_examples=100)
@given(st.data())
def test_damaged_blocks_raise_nothing(data):
    parsed = exif.parse(damaged(data))
    assert parsed is None or parsed.number(exif.ORIENTATION, 1) < 2**63
