"""EXIF blocks put together by hand, and damaged."""

from __future__ import annotations

import struct

from hypothesis import strategies as st
from PIL import Image


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


def damaged(data: st.DataObject) -> bytes:
    """A block with some bytes changed, cut anywhere, as hypothesis draws."""
    spoilt = bytearray(block(maker_note=b"m" * 50))
    for _ in range(data.draw(st.integers(1, 8))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    return bytes(spoilt[: data.draw(st.integers(0, len(spoilt)))])


def overlapping(entries: int, length: int) -> bytes:
    """A block whose EXIF directory has ``entries`` values that are all nearly the whole block."""
    main = struct.pack("<HHHIIi", 1, 0x8769, 4, 1, 26, 0)
    table = b"".join(struct.pack("<HHII", 0x9000 + number, 7, length - 100, 50) for number in range(entries))
    return (b"II*\0" + struct.pack("<I", 8) + main + struct.pack("<H", entries) + table).ljust(length, b"\0")
