"""Directories of EXIF -> bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from opticalzoom.photo.exif import EXIF, MAKER_NOTE, Directory, Exif, Value

MOST_PINNED = 2**16
"""Offset up to which a maker's note is kept in its place."""


def packed(exif: Exif) -> bytes:
    """The block, without a thumbnail."""
    start = len(exif.layout.header(exif.order, 0))
    first, directories = pack_at(exif, start)
    return exif.layout.header(exif.order, first) + directories


def pack_at(exif: Exif, start: int) -> tuple[int, bytes]:
    """All directories as bytes to be put at offset ``start``, and the offset at which the main one begins then.

    Makers' notes hold offsets from the start of the block: one stays where it was if that is behind ``start``.
    """
    note = maker_note(exif)
    pinned = note is not None and len(note.raw) > exif.layout.width and start <= note.at < MOST_PINNED
    heap = _Heap(start, range(note.at, note.at + len(note.raw)) if note and pinned else range(0))
    first = _put(exif, exif.main, heap)
    if note and pinned:
        heap.write(note.at, note.raw)
    return first, bytes(heap.data)


def maker_note(exif: Exif) -> Value | None:
    """The note in the maker's own format, if there is one."""
    details = exif.main.get(EXIF)
    note = details.get(MAKER_NOTE) if isinstance(details, dict) else None
    return note if isinstance(note, Value) else None


@dataclass
class _Heap:
    """Bytes from an offset on, in which a hole is kept free."""

    start: int
    hole: range
    data: bytearray = field(default_factory=bytearray)

    def room(self, size: int) -> int:
        """Where the next ``size`` bytes go."""
        at = self.start + len(self.data) + (self.start + len(self.data)) % 2
        if self.hole and at < self.hole.stop and at + size > self.hole.start:
            at = self.hole.stop + self.hole.stop % 2
        self.data.extend(bytes(at + size - self.start - len(self.data)))
        return at

    def write(self, at: int, raw: bytes) -> None:
        """Put bytes in their place."""
        self.data.extend(bytes(max(at + len(raw) - self.start - len(self.data), 0)))
        self.data[at - self.start : at - self.start + len(raw)] = raw


def _put(exif: Exif, directory: Directory, heap: _Heap) -> int:
    """Put a directory and all that hangs from it; returns the offset of its table."""
    order, layout = exif.order, exif.layout
    table = bytearray(struct.pack(order + layout.entries, len(directory)))
    place = heap.room(len(table) + layout.entry * len(directory) + layout.width)
    for tag, value in sorted(directory.items()):
        if isinstance(value, dict):
            kind, count, raw = layout.pointer, 1, struct.pack(order + layout.offset, _put(exif, value, heap))
        else:
            kind, count, raw = value.kind, value.length, value.raw
            if len(raw) > layout.width:
                here = heap.hole.start if tag == MAKER_NOTE and heap.hole else heap.room(len(raw))
                heap.write(here, raw)
                raw = struct.pack(order + layout.offset, here)
        table += struct.pack(order + "HH" + layout.offset, tag, kind, count) + raw.ljust(layout.width, b"\0")
    heap.write(place, bytes(table) + bytes(layout.width))
    return place
