from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

from opticalzoom.photo.carried.containers import MOST_BYTES, boxes, chunks, inflated, riff_chunks, segments


def saved(kind, **options):
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind, **options)
    return file


def test_segments_with_fill_bytes_and_cut():
    file = saved("JPEG", comment=b"a comment")
    whole = file.getvalue()
    assert (0xFE, b"a comment") in list(segments(file))
    filled = whole[:2] + b"\xff\xff" + whole[2:]
    assert list(segments(io.BytesIO(filled))) == list(segments(file))
    for end in range(len(whole)):
        assert len(list(segments(io.BytesIO(whole[:end])))) <= len(list(segments(file)))


def test_chunks_without_pixels():
    names = [name for name, _ in chunks(saved("PNG", dpi=(300, 300)))]
    assert names == [b"IHDR", b"pHYs", b"IEND"]
    assert dict(riff_chunks(saved("WEBP", exif=b"Exif\0\0II*\0", xmp=b"<x/>")))[b"XMP "] == b"<x/>"


def test_sizes_that_are_no_sizes():
    for size in (0, 1, 7, 2**31):
        assert len(list(boxes(io.BytesIO(struct.pack(">I4s", size, b"moov") + bytes(8)), 0, 16))) <= 1
        assert list(chunks(io.BytesIO(bytes(8) + struct.pack(">I4s", size, b"tEXt")))) in ([], [(b"tEXt", b"")])


def test_bombs_are_cut():
    assert len(inflated(zlib.compress(bytes(2 * MOST_BYTES)))) == MOST_BYTES
    assert inflated(b"damaged") == b""


def test_files_of_millions_of_parts_are_not_looked_through():
    empty = {
        segments: b"\xff\xd8" + b"\xff\xfe\0\2" * 10**6,
        chunks: bytes(8) + (bytes(4) + b"abCd" + bytes(4)) * 10**6,
    }
    empty[riff_chunks] = bytes(12) + (b"abCd" + bytes(4)) * 10**6
    for parts, data in empty.items():
        assert 10**4 < sum(1 for _ in parts(io.BytesIO(data))) < 2 * 10**5
    assert list(segments(io.BytesIO(b"\xff\xd8" + b"\xff" * 10**6))) == []
    assert list(segments(io.BytesIO(b"\xff\xd8\xff\xff\xff\xe1\0\3a"))) == [(0xE1, b"a")]
