"""EXIF blocks as plain values, so that what the camera wrote survives byte for byte.

An EXIF block is a small TIFF file without an image: a tree of directories (IFDs) of typed values. Values are kept
as the bytes that they were, never interpreted, so unknown tags, exact types and accented names come through.
Layout: TIFF 6.0 and CIPA DC-008 (Exif 2.32), https://www.cipa.jp/std/documents/e/DC-008-Translation-2019-E.pdf
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal, NamedTuple, Union

ORIENTATION = 0x0112
MAKER_NOTE = 0x927C
EXIF, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005
PIXEL_X, PIXEL_Y = 0xA002, 0xA003
_POINTERS: dict[int, dict] = {EXIF: {INTEROPERABILITY: {}}, GPS: {}}

_CAPTION = (0x010E, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x4749, 0x8298, *range(0x9C9B, 0x9CA0))
_CAMERA = (0x010F, 0x0110, ORIENTATION, 0x011A, 0x011B, 0x0128, EXIF, GPS)
_DESCRIPTIVE = frozenset(_CAPTION + _CAMERA)
"""Tags of the main directory that describe the photograph (description, make, model, resolution, software, dates,
artist, rating, copyright); all others there describe how the pixels of the old file were stored."""

_SHORT, _LONG = 3, 4
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # bytes by type


class Value(NamedTuple):
    """One entry of a directory: TIFF type, how many of it, bytes, and where in its block the bytes began."""

    kind: int
    length: int
    raw: bytes
    at: int = 0


Directory = dict[int, Union[Value, "Directory"]]


@dataclass(frozen=True)
class Exif:
    """A parsed block: ``order`` is ``"<"`` (Intel) or ``">"`` (Motorola), ``main`` its first directory."""

    order: Literal["<", ">"]
    main: Directory

    def set_number(self, directory: Directory, tag: int, number: int) -> None:
        """Set ``tag`` to one integer, as SHORT where it fits."""
        kind, code = (_SHORT, "H") if number < 2**16 else (_LONG, "I")
        directory[tag] = Value(kind, 1, struct.pack(self.order + code, number))

    def number(self, tag: int, default: int) -> int:
        """The first SHORT of a tag of the main directory."""
        value = self.main.get(tag)
        if not isinstance(value, Value) or value.kind != _SHORT:
            return default
        return struct.unpack_from(self.order + "H", value.raw)[0]

    def tobytes(self) -> bytes:
        """The block, without a thumbnail."""
        return header(self.order, 8) + self.pack(self.main, 8)

    def pack(self, directory: Directory, start: int) -> bytes:
        """A directory and all that hangs from it, as bytes to be put at offset ``start``."""
        table = struct.pack(self.order + "H", len(directory))
        tail_start = start + 2 + 12 * len(directory) + 4
        tail = b""
        for tag, value in sorted(directory.items()):
            here = tail_start + len(tail)
            if isinstance(value, dict):
                tail += self.pack(value, here)
                kind, count, field = _LONG, 1, struct.pack(self.order + "I", here)
            elif len(value.raw) <= 4:
                kind, count, field = value.kind, value.length, value.raw.ljust(4, b"\0")
            else:
                # Makers' notes hold offsets from the start of the block, so they stay where they were if they can.
                gap = max(value.at - here, 0) if tag == MAKER_NOTE and value.at < 2**16 else 0
                tail += bytes(gap) + value.raw + bytes(len(value.raw) % 2)
                kind, count, field = value.kind, value.length, struct.pack(self.order + "I", here + gap)
            table += struct.pack(self.order + "HHI", tag, kind, count) + field
        return table + bytes(4) + tail


def header(order: str, first: int) -> bytes:
    """The eight bytes that begin every TIFF file and EXIF block; ``first`` is the offset of the main directory."""
    return {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, first)


def parse(block: bytes) -> Exif | None:
    """Read an EXIF block, or the directories of a whole TIFF file; damaged entries are left out.

    Returns:
        None if it's no such block at all (nor BigTIFF, which cameras don't write).
    """
    order: Literal["<", ">"] = "<" if block[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(order + "I", block, 4)
        return Exif(order, _read(block, order, start, _POINTERS)) if header(order, start) == block[:8] else None
    except struct.error:
        return None


def describe(block: bytes, height: int, width: int, *, largest: int | None = None) -> bytes | None:
    """The block that belongs to an upright photo of another size and maybe another file format.

    Keeps what describes the photograph, sets the orientation to 1 and the size in pixels, and leaves out
    the thumbnail (it shows the old picture) and values of more than ``largest`` bytes.
    """
    exif = parse(block)
    if exif is None:
        return None
    main = {tag: value for tag, value in exif.main.items() if tag in _DESCRIPTIVE}
    exif.set_number(main, ORIENTATION, 1)
    details = main.get(EXIF)
    if isinstance(details, dict):
        exif.set_number(details, PIXEL_X, width)
        exif.set_number(details, PIXEL_Y, height)
    return Exif(exif.order, main if largest is None else _without_large(main, largest)).tobytes()


def _without_large(directory: Directory, largest: int) -> Directory:
    kept: Directory = {}
    for tag, value in directory.items():
        if isinstance(value, dict):
            kept[tag] = _without_large(value, largest)
        elif len(value.raw) <= largest:
            kept[tag] = value
    return kept


def _read(block: bytes, order: str, start: int, pointers: dict[int, dict]) -> Directory:
    directory: Directory = {}
    (entries,) = struct.unpack_from(order + "H", block, start)
    for at in range(start + 2, min(start + 2 + 12 * entries, len(block) - 11), 12):
        tag, kind, count, offset = struct.unpack_from(order + "HHII", block, at)
        size = _SIZES.get(kind, 0) * count
        first = at + 8 if size <= 4 else offset
        raw = bytes(block[first : first + size])
        if raw and len(raw) == size:
            directory[tag] = Value(kind, count, raw, first)
    for tag, below in pointers.items():
        pointer = directory.pop(tag, None)
        if isinstance(pointer, Value) and len(pointer.raw) == 4:
            try:
                directory[tag] = _read(block, order, struct.unpack(order + "I", pointer.raw)[0], below)
            except struct.error:
                continue  # a pointer to nowhere: the other directories are still good
    return directory
