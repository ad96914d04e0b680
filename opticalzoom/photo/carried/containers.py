"""The parts of JPEG, PNG, WebP and MP4-like files, one by one, without the pixels."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

MOST_BYTES = 2**23
"""Of a part that is unpacked or read whole: metadata are smaller, and bombs are not."""
_MOST_PARTS = 2**17
"""Of a file that are looked at: an encoder may write a PNG of a gigabyte in so many."""
_FILL = 0xFF
_BARE = (0x01, *range(0xD0, 0xD8))
_SCAN, _END = 0xDA, 0xD9
_PNG_SIGNATURE = 8
_PIXELS = (b"IDAT", b"fdAT", b"VP8 ", b"VP8L", b"ALPH", b"ANMF")


def segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Marker (0xE1 of APP1) and content of every segment of a JPEG file before its pixels.

    ITU-T T.81, section B.1.1, https://www.w3.org/Graphics/JPEG/itu-t81.pdf
    """
    file.seek(2)
    for _ in range(_MOST_PARTS):
        if file.read(1) != b"\xff":
            return
        byte = file.read(1)
        marker = byte[0] if byte else _END
        if marker == _FILL:
            file.seek(-1, io.SEEK_CUR)
        if marker in (_FILL, *_BARE):
            continue
        length = file.read(2)
        if marker in (_SCAN, _END) or len(length) < 2:
            return
        yield marker, file.read(max(int.from_bytes(length, "big") - 2, 0))


def chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every chunk of a PNG file, also of those behind the pixels, but for these.

    https://www.w3.org/TR/png-3/#5Chunk-layout
    """
    file.seek(_PNG_SIGNATURE)
    for head in _heads(file):
        length, name = struct.unpack(">I4s", head)
        yield from _content(file, name, length)
        file.seek(4, io.SEEK_CUR)


def chunk_names(file: BinaryIO) -> Iterator[bytes]:
    """Name of every chunk of a PNG file up to the first of its pixels."""
    file.seek(_PNG_SIGNATURE)
    for head in _heads(file):
        length, name = struct.unpack(">I4s", head)
        yield name
        if name == b"IDAT":
            return
        file.seek(length + 4, io.SEEK_CUR)


def riff_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of every chunk of a WebP file but those of pixels.

    https://developers.google.com/speed/webp/docs/riff_container
    """
    file.seek(12)
    for head in _heads(file):
        name, length = struct.unpack("<4sI", head)
        yield from _content(file, name, length)
        file.seek(length % 2, io.SEEK_CUR)


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, begin and end of the content of each box (ISO/IEC 14496-12) between two offsets."""
    while start + 8 <= end:
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        begin = start + 8
        if size == 1:  # a size of 64 bits follows
            size, begin = int.from_bytes(file.read(8), "big"), start + 16
        stop = start + size if size else end  # the last one reaches to the end of the file
        if not begin <= stop <= end:
            return
        yield name, begin, stop
        start = stop


def inflated(data: bytes) -> bytes:
    """Unpacked by zlib, at most :data:`MOST_BYTES`; what is damaged is empty."""
    try:
        return zlib.decompressobj().decompress(data, MOST_BYTES)
    except zlib.error:
        return b""


def _heads(file: BinaryIO) -> Iterator[bytes]:
    """The first 8 bytes of one part after the other; who takes them goes to the next part."""
    for _ in range(_MOST_PARTS):
        head = file.read(8)
        if len(head) < 8:
            return
        yield head


def _content(file: BinaryIO, name: bytes, length: int) -> Iterator[tuple[bytes, bytes]]:
    if name in _PIXELS or length > MOST_BYTES:
        file.seek(length, io.SEEK_CUR)
        return
    content = file.read(length)
    if len(content) == length:
        yield name, content
