"""EXIF blocks as plain values, so that what the camera wrote survives byte for byte.

An EXIF block is a small TIFF file without an image: a tree of directories (IFDs) of typed values. Values are kept
as the bytes that they were, never interpreted, so unknown tags, exact types and accented names come through.
Layout: TIFF 6.0 and CIPA DC-008 (Exif 2.32), https://www.cipa.jp/std/documents/e/DC-008-Translation-2019-E.pdf;
files beyond 4 GB: BigTIFF, https://www.awaresystems.be/imaging/tiff/bigtiff.html
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, Union

PREFIX = b"Exif\0\0"
"""What stands before an EXIF block in JPEG files, and in what Pillow takes and many decoders give."""
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

_SHORT, _LONG, _LONG8 = 3, 4, 16
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}  # bytes by type

_DAMAGE = (struct.error, OverflowError)
_MOST = 2**16  # entries of a directory; damaged files claim more
_LARGEST = 2**26
"""Bytes of all values of a block together; nor are they more than the block, or they would lie on one another."""


class Bytes(Protocol):
    """A block, or a file of any size of which a part is read at a time."""

    def __len__(self) -> int:
        """How many bytes there are."""

    def __getitem__(self, part: slice, /) -> Any:
        """These bytes, as far as they are there."""


def without_prefix(block: bytes) -> bytes:
    """An EXIF block as it begins with its byte order, whether or not :data:`PREFIX` stood before it.

    >>> without_prefix(b"Exif\\0\\0II*\\0"), without_prefix(b"II*\\0")
    (b'II*\\x00', b'II*\\x00')
    """
    return block.removeprefix(PREFIX)


class Layout(NamedTuple):
    """How wide the numbers in the directories of a TIFF file or of an EXIF block are.

    Attributes:
        version: the number that marks the file: 42 for TIFF, 43 for BigTIFF.
        entries: :mod:`struct`'s code of the number of a directory's entries.
        offset: its code of an offset.
        pointer: TIFF's type of an entry that points to a directory.
    """

    version: int
    entries: str
    offset: str
    pointer: int

    @property
    def width(self) -> int:
        """Bytes of an offset, and of the values that fit into an entry."""
        return struct.calcsize("=" + self.offset)

    @property
    def entry(self) -> int:
        """Bytes of an entry: tag, type, number of values, and the values or their offset."""
        return 4 + 2 * self.width

    def header(self, order: str, first: int) -> bytes:
        """What begins a TIFF file or EXIF block; ``first`` is the offset of the main directory."""
        big = struct.pack(order + "HH", 8, 0) if self.version == 43 else b""
        mark = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "H", self.version)
        return mark + big + struct.pack(order + self.offset, first)


CLASSIC, BIG = Layout(42, "H", "I", _LONG), Layout(43, "Q", "Q", _LONG8)


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
    layout: Layout = CLASSIC

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
        start = len(self.layout.header(self.order, 0))
        return self.layout.header(self.order, start) + self.pack(self.main, start)

    def pack(self, directory: Directory, start: int) -> bytes:
        """A directory and all that hangs from it, as bytes to be put at offset ``start``."""
        layout, width = self.layout, self.layout.width
        table = bytearray(struct.pack(self.order + layout.entries, len(directory)))
        tail_start = start + len(table) + layout.entry * len(directory) + width
        tail = bytearray()
        for tag, value in sorted(directory.items()):
            here = tail_start + len(tail)
            if isinstance(value, dict):
                tail += self.pack(value, here)
                kind, count, field = layout.pointer, 1, struct.pack(self.order + layout.offset, here)
            elif len(value.raw) <= width:
                kind, count, field = value.kind, value.length, value.raw.ljust(width, b"\0")
            else:
                # Makers' notes hold offsets from the start of the block, so they stay where they were if they can.
                gap = max(value.at - here, 0) if tag == MAKER_NOTE and value.at < 2**16 else 0
                tail += bytes(gap) + value.raw + bytes(len(value.raw) % 2)
                kind, count, field = value.kind, value.length, struct.pack(self.order + layout.offset, here + gap)
            table += struct.pack(self.order + "HH" + layout.offset, tag, kind, count) + field
        return bytes(table + bytes(width) + tail)


def parse(block: Bytes) -> Exif | None:
    """Read an EXIF block, or the directories of a whole TIFF or BigTIFF file; damaged entries are left out.

    Returns:
        None if it's no such block at all.
    """
    order: Literal["<", ">"] = "<" if block[:2] == b"II" else ">"
    for layout in (CLASSIC, BIG):
        length = len(layout.header(order, 0))
        try:
            (start,) = struct.unpack(order + layout.offset, block[length - layout.width : length])
            if layout.header(order, start) == block[:length]:
                return Exif(order, _Reader(block, order, layout).directory(start, _POINTERS), layout)
        except _DAMAGE:
            continue
    return None


def describe(block: Bytes, height: int, width: int, *, largest: int | None = None) -> bytes | None:
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


class _Reader:
    """Reads the directories of one block."""

    def __init__(self, block: Bytes, order: str, layout: Layout) -> None:
        self.block, self.order, self.layout = block, order, layout
        self.left = min(len(block), _LARGEST)

    def directory(self, start: int, pointers: dict[int, dict]) -> Directory:
        """All values of the directory at ``start``, and those of the directories that its ``pointers`` lead to."""
        directory: Directory = {}
        first, size = start + struct.calcsize("=" + self.layout.entries), self.layout.entry
        (entries,) = struct.unpack(self.order + self.layout.entries, self.block[start:first])
        table = self.block[first : first + size * min(entries, _MOST)]
        for at in range(0, len(table) - size + 1, size):
            tag, value = self._value(table[at : at + size], first + at)
            if value is not None:
                directory[tag] = value
        for tag, below in pointers.items():
            pointer = directory.pop(tag, None)
            if isinstance(pointer, Value) and len(pointer.raw) in (4, 8):
                code = {4: "I", 8: "Q"}[len(pointer.raw)]
                try:
                    directory[tag] = self.directory(struct.unpack(self.order + code, pointer.raw)[0], below)
                except _DAMAGE:
                    continue  # a pointer to nowhere: the other directories are still good
        return directory

    def _value(self, entry: bytes, at: int) -> tuple[int, Value | None]:
        tag, kind, count, offset = struct.unpack(self.order + "HH" + 2 * self.layout.offset, entry)
        size = _SIZES.get(kind, 0) * count
        if size > self.left:
            return tag, None
        start = at + 4 + self.layout.width if size <= self.layout.width else offset
        raw = bytes(self.block[start : start + size])
        self.left -= len(raw)
        return tag, Value(kind, count, raw, start) if raw and len(raw) == size else None
