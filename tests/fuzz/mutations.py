"""Damage as disks, cables and attackers do it: any bytes and a number go in, other bytes come out, always the same."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from random import Random

_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
"""At which counts, sizes and offsets go wrong."""
_PNG = b"\x89PNG\r\n\x1a\n"
_ENDS = 4096
"""Bytes at either end of a file, where most of its structure is: every other change is made there."""


def mutated(seed: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """One to eight changes of a file.

    Args:
        seed: a whole file.
        others: files of the kind, of which parts may be taken.
        random: decides everything.
    """
    data = bytearray(seed)
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        random.choice(_CHANGES)(data, others, random)
    return _with_sums(data) if data.startswith(_PNG) and random.random() < 0.7 else bytes(data)


def _with_sums(data: bytearray) -> bytes:
    """A PNG whose chunks have the checksums of what is in them now: else nobody would look at it."""
    at = len(_PNG)
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 <= len(data):
            data[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(data)


def _place(data: bytearray, random: Random) -> int:
    length = max(1, len(data))
    if random.random() < 0.5:
        return random.randrange(length)
    near = random.randrange(min(length, _ENDS))
    return near if random.random() < 0.7 else length - 1 - near


def _flip_bit(data: bytearray, others: Sequence[bytes], random: Random) -> None:
    if data:
        data[_place(data, random)] ^= 1 << random.randrange(8)


def _set_number(data: bytearray, others: Sequence[bytes], random: Random) -> None:
    size, at = random.choice((1, 2, 4, 8)), _place(data, random)
    number = random.choice(_NUMBERS) & (256**size - 1)
    data[at : at + size] = number.to_bytes(size, random.choice(("little", "big")))


def _add_a_little(data: bytearray, others: Sequence[bytes], random: Random) -> None:
    if data:
        at = _place(data, random)
        data[at] = (data[at] + random.choice((-2, -1, 1, 2, 16))) % 256


def _cut_short(data: bytearray, others: Sequence[bytes], random: Random) -> None:
    del data[_place(data, random) :]


def _delete(data: bytearray, others: Sequence[bytes], random: Random) -> None:
    at = _place(data, random)
    del data[at : at + random.choice((1, 2, 4, 16, 256))]


def _repeat(data: bytearray, others: Sequence[bytes], random: Random) -> None:
    at = _place(data, random)
    data[at:at] = data[at : at + random.choice((1, 4, 32, 512))] * random.choice((1, 2, 50))


def _noise(data: bytearray, others: Sequence[bytes], random: Random) -> None:
    at, size = _place(data, random), random.choice((1, 4, 32, 512))
    data[at : at + size] = random.randbytes(size)


def _splice(data: bytearray, others: Sequence[bytes], random: Random) -> None:
    other = random.choice(others)
    at, start = _place(data, random), random.randrange(max(1, len(other)))
    size = random.choice((4, 32, 512, len(other)))
    data[at : at + size] = other[start : start + size]


_CHANGES: tuple[Callable[[bytearray, Sequence[bytes], Random], None], ...] = (
    _flip_bit,
    _set_number,
    _set_number,
    _add_a_little,
    _cut_short,
    _delete,
    _repeat,
    _noise,
    _splice,
)
