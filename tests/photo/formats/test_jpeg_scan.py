"""What can be told of a JPEG file without decoding it."""

from __future__ import annotations

import io

import pytest
from photos import smooth
from PIL import Image

from opticalzoom.photo.formats.jpeg_scan import JpegScan, scan_jpeg


def jpeg(height=40, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(smooth(height, 60, 3)).save(file, "JPEG", **options)
    return file.getvalue()


def scan(data: bytes) -> JpegScan:
    return scan_jpeg(io.BytesIO(data))


@pytest.mark.parametrize("options", [{}, {"quality": 100}, {"restart_marker_rows": 1}])
def test_the_pixels_end_at_the_marker_of_the_end(options):
    data = jpeg(**options)
    assert scan(data) == JpegScan(False, len(data) - 2)
    assert scan(data + b"more \xff\xd9, as a second picture") == JpegScan(False, len(data) - 2)


def test_several_scans_and_an_end_that_is_missing_are_not_told():
    assert scan(jpeg(progressive=True)) == JpegScan(False, None)
    assert scan(jpeg()[:-2]).end is None


def test_a_marker_across_two_blocks_is_found(monkeypatch):
    data = jpeg()
    for size in range(1, 9):
        monkeypatch.setattr("opticalzoom.photo.formats.jpeg_scan._AT_ONCE", size)
        assert scan(data).end == len(data) - 2


def test_oddities_of_the_head():
    data = jpeg()
    at = data.index(b"\xff\xda") + 2 + data[data.index(b"\xff\xda") + 3]
    assert data[at - 3 : at] == bytes((0, 63, 0))
    for odd in (
        data.replace(b"JFIF\0\1", b"JFIF\0\7"),
        data[: at - 2] + b"\0\0" + data[at:],
        data[:2] + b"  " + data[2:],
    ):
        assert scan(odd).odd
    assert [scan(data[:length]).end for length in (2, 4, 30, at)] == [None] * 4


def test_zeros_in_place_of_pixels():
    data = jpeg(600, quality=95)
    at = len(data) * 2 // 3
    for length, hole in ((50, False), (64, True), (300, True)):
        assert scan(data[:at] + bytes(length) + data[at + length :]).hole == hole
    assert not scan(data + bytes(999)).hole
    file = io.BytesIO()
    Image.new("L", (4000, 3000), 9).save(file, "JPEG", optimize=True)  # flat: zeros are what its codes are
    assert bytes(64) in file.getvalue()
    assert not scan(file.getvalue()).hole


def test_zeros_across_two_blocks_are_found(monkeypatch):
    data = jpeg(600, quality=95)
    at = len(data) * 2 // 3
    for size in (1, 7, 64, 100):
        monkeypatch.setattr("opticalzoom.photo.formats.jpeg_scan._AT_ONCE", size)
        assert scan(data[:at] + bytes(64) + data[at + 64 :]).hole
