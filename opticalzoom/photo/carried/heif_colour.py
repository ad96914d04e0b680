"""How a HEIF or AVIF file tells the colours of its primary picture: a profile, or codes in an nclx box.

ISO/IEC 14496-12, 8.11 (boxes of items) and 12.1.5 (colr); ISO/IEC 23008-12, 9.3 (properties of items).
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from opticalzoom.photo.carried.containers import MOST_BYTES, boxes

_FULL = 4
"""Bytes of version and flags at the beginning of a full box."""


class ItemColours(NamedTuple):
    """Codes of primaries and of the transfer curve (ITU-T H.273), if there are any, and whether there is a profile."""

    codes: tuple[int, int] | None = None
    has_profile: bool = False


def item_colours(file: BinaryIO) -> ItemColours:
    """What is told of the primary picture, or, if nothing is, of any: of the tiles that it is put together from.

    Raises:
        struct.error: the file is damaged.
    """
    end = file.seek(0, 2)
    meta = next(((begin + _FULL, stop) for name, begin, stop in boxes(file, 0, end) if name == b"meta"), (0, 0))
    inside = _contents(file, *meta)
    properties = _contents(file, *inside.get(b"iprp", (0, 0)))
    listed = list(boxes(file, *properties.get(b"ipco", (0, 0))))
    found: dict[int, bytes] = {}
    for number, (name, begin, stop) in enumerate(listed, start=1):
        if name == b"colr":
            file.seek(begin)
            found[number] = file.read(min(stop - begin, 11))
    own = _properties_of(_read(file, inside.get(b"pitm")), _read(file, properties.get(b"ipma")))
    told = [colr for number, colr in found.items() if number in own] or list(found.values())
    codes = [struct.unpack_from(">HH", colr, 4) for colr in told if colr[:4] == b"nclx"]
    return ItemColours(codes[0] if codes else None, any(colr[:4] in (b"prof", b"rICC") for colr in told))


def _contents(file: BinaryIO, start: int, end: int) -> dict[bytes, tuple[int, int]]:
    return {name: (begin, stop) for name, begin, stop in boxes(file, start, end)}


def _read(file: BinaryIO, place: tuple[int, int] | None) -> bytes:
    if place is None:
        return b""
    file.seek(place[0])
    return file.read(min(place[1] - place[0], MOST_BYTES))


def _properties_of(pitm: bytes, ipma: bytes) -> set[int]:
    """Numbers of the properties of the primary item, from the boxes that name it and that associate properties."""
    if not pitm or not ipma:
        return set()
    (primary,) = struct.unpack_from(">I" if pitm[0] else ">H", pitm, _FULL)
    item, association = (">I" if ipma[0] else ">H"), (">H" if ipma[3] & 1 else ">B")
    (count,) = struct.unpack_from(">I", ipma, _FULL)
    at = _FULL + 4
    for _ in range(count):
        (number,) = struct.unpack_from(item, ipma, at)
        at += struct.calcsize(item)
        listed = ipma[at]
        size = struct.calcsize(association)
        values = struct.unpack_from(f">{listed}{association[1]}", ipma, at + 1)
        at += 1 + size * listed
        if number == primary:
            return {value & (0x7FFF if size == 2 else 0x7F) for value in values}
    return set()
