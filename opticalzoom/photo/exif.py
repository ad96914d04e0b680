"""EXIF blocks as plain values, so that what the camera wrote survives byte for byte.

An EXIF block is a small TIFF file without an image: a tree of directories (IFDs) of typed values. Values are kept
as the bytes that they were, so unknown tags, exact types and accented names come through; what is needed of them is
interpreted however it is typed. Layout: TIFF 6.0 and CIPA DC-008 (Exif 3.0), https://www.cipa.jp/e/std/std-sec.html;
files beyond 4 GB: BigTIFF, https://www.awaresystems.be/imaging/tiff/bigtiff.html
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Literal, NamedTuple, Protocol, Union

from opticalzoom.photo.carried.layout import BIG, CLASSIC, Layout

PREFIX = b"Exif\0\0"
"""What stands before an EXIF block in JPEG files, and in what Pillow takes and many decoders give."""
ORIENTATION = 0x0112
MAKER_NOTE = 0x927C
EXIF, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005
_POINTERS: dict[int, dict] = {EXIF: {INTEROPERABILITY: {}}, GPS: {}}

_SHORT, _LONG = 3, 4
_CODES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 6: "b", 7: "s", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I"}
_CODES |= {16: "Q", 17: "q", 18: "Q", 129: "s"}
"""TIFF type -> :mod:`struct`'s code of one value; two numbers are a quotient, ``s`` is text or anything."""
MARKS = {b"II*\0", b"MM\0*", b"IIRO", b"IIRS", b"MMOR", b"IIU\0"}
"""TIFF in both byte orders; Olympus' three, and Panasonic's."""
_DAMAGE = (struct.error, OverflowError)
_MOST = 2**16  # entries of a directory; damaged files claim more
_LARGEST = 2**26
"""Bytes of all values of a block together; nor are they more than the block, or they would lie on one another."""


def without_prefix(block: bytes) -> bytes:
    """An EXIF block as it begins with its byte order, whether or not :data:`PREFIX` stood before it.

    >>> without_prefix(b"Exif\\0\\0II*\\0"), without_prefix(b"II*\\0")
    (b'II*\\x00', b'II*\\x00')
    """
    return block[len(PREFIX) :] if block[:4] == PREFIX[:4] else block


class Value(NamedTuple):
    """One entry of a directory: TIFF type, how many of it, bytes, and where in its block the bytes began."""

    kind: int
    length: int
    raw: bytes
    at: int = 0

    def numbers(self, order: str) -> list[float]:
        """Its numbers, whatever type they have; text as the number that it spells; nothing for what spells none."""
        code = _CODES[self.kind]
        if code == "s":
            with suppress(ValueError):
                return [float(self.text())]
            return list(self.raw[:1]) if self.kind == 7 else []
        parts = struct.iter_unpack(order + code, self.raw)
        return [part[0] if len(part) == 1 else part[0] / part[1] if part[1] else float("nan") for part in parts]

    def text(self) -> str:
        """Its text up to the first zero byte, in UTF-8 or else in Latin-1; empty if it has none."""
        if self.kind not in (1, 2, 7, 129):
            return ""
        raw = self.raw.lstrip(b"\0").split(b"\0")[0].strip()
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")


Directory = dict[int, Union[Value, "Directory"]]


@dataclass(frozen=True)
class Exif:
    """A parsed block: ``order`` is ``"<"`` (Intel) or ``">"`` (Motorola), ``main`` its first directory."""

    order: Literal["<", ">"]
    main: Directory
    layout: Layout = CLASSIC

    def find(self, tag: int) -> Value | None:
        """The value of a tag of EXIF's directory, or else of the main one, where TIFF/EP has the same tags."""
        details = self.main.get(EXIF, {})
        for directory in (details, self.main):
            value = directory.get(tag) if isinstance(directory, dict) else None
            if isinstance(value, Value):
                return value
        return None

    def text(self, tag: int) -> str | None:
        """The text of a tag, wherever it stands; None if there is none."""
        value = self.find(tag)
        return value.text() or None if value else None

    def number(self, tag: int, default: int) -> int:
        """The first number of a tag of the main directory, whatever type it has, rounded down."""
        value = self.main.get(tag)
        numbers = value.numbers(self.order) if isinstance(value, Value) else []
        return int(numbers[0]) if numbers and abs(numbers[0]) < 2**63 else default

    def set_number(self, directory: Directory, tag: int, number: int) -> None:
        """Set ``tag`` to one integer, as SHORT where it fits."""
        kind, code = (_SHORT, "H") if number < 2**16 else (_LONG, "I")
        directory[tag] = Value(kind, 1, struct.pack(self.order + code, number))


class FileBytes:
    """The bytes of a file, read when they are asked for: a file that is cut short meanwhile ends, and kills nobody."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._length = file.seek(0, 2)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._length)
        self._file.seek(start)
        return self._file.read(max(stop - start, 0))


class Bytes(Protocol):
    """A block, or a file of any size of which a part is read at a time."""

    def __len__(self) -> int:
        """How many bytes there are."""

    def __getitem__(self, part: slice, /) -> bytes:
        """These bytes, as far as they are there."""


def parse(block: Bytes) -> Exif | None:
    """Read an EXIF block, or the directories of a whole TIFF, BigTIFF or RAW file; damaged entries are left out.

    Returns:
        None if it's no such block at all.
    """
    head = block[:16]
    order: Literal["<", ">"] = "<" if head[:2] == b"II" else ">"
    layout = CLASSIC if head[:4] in MARKS else BIG
    try:
        (start,) = struct.unpack_from(order + layout.offset, head, len(layout.header(order, 0)) - layout.width)
        if layout is CLASSIC or head == BIG.header(order, start):
            return Exif(
                order, _Reader(block, order, layout, min(len(block), _LARGEST)).directory(start, _POINTERS), layout
            )
    except _DAMAGE:
        pass
    return None


@dataclass
class _Reader:
    """Reads the directories of one block.

    Attributes:
        left: bytes of values that are still read. As many as the block has are enough for all of them, but for those of
            damaged blocks, which claim the same bytes again and again.
    """

    block: Bytes
    order: str
    layout: Layout
    left: int

    def directory(self, start: int, pointers: dict[int, dict]) -> Directory:
        """All values of the directory at ``start``, and those of the directories that its ``pointers`` lead to."""
        directory: Directory = {}
        first, size = start + struct.calcsize("=" + self.layout.entries), self.layout.entry
        (entries,) = struct.unpack(self.order + self.layout.entries, self.block[start:first])
        table = self.block[first : first + size * min(entries, _MOST)]
        for at in range(0, len(table) - size + 1, size):
            value = self._value(table[at : at + size], first + at)
            if value is not None:
                directory[struct.unpack_from(self.order + "H", table, at)[0]] = value
        for tag, below in pointers.items():
            pointer = directory.pop(tag, None)
            if isinstance(pointer, Value) and len(pointer.raw) in (4, 8):
                code = {4: "I", 8: "Q"}[len(pointer.raw)]
                try:
                    directory[tag] = self.directory(struct.unpack(self.order + code, pointer.raw)[0], below)
                except _DAMAGE:
                    continue  # a pointer to nowhere: the other directories are still good
        return directory

    def _value(self, entry: bytes, place: int) -> Value | None:
        _, kind, count, offset = struct.unpack(self.order + "HH" + 2 * self.layout.offset, entry)
        size = struct.calcsize("=" + _CODES.get(kind, "")) * count
        start = place + 4 + self.layout.width if size <= self.layout.width else offset
        if not 0 < size <= self.left:
            return None
        raw = self.block[start : start + size]
        self.left -= len(raw)
        return Value(kind, count, raw, start) if len(raw) == size else None
