"""What decoders complain of is an error; what is odd and harmless is none; what a header claims is bounded."""

from __future__ import annotations

import io
import random
import struct
import zlib

import numpy as np
import pytest
import tifffile
from photos import png, smooth, tiff_bytes
from PIL import Image
from places import SHARED

from opticalzoom.errors import PhotoError
from opticalzoom.photo.formats.loading import FIRST_OF_ANIMATION
from opticalzoom.photo.formats.vips import open_picture
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.reader import open_photo

NOISY = np.clip(smooth(160, 240, 3) + np.random.default_rng(0).normal(0, 8, (160, 240, 3)), 0, 255).astype(np.uint8)
FILES = SHARED / "data" / "files"
TILED = [(compression, {"tile": (64, 64)}) for compression in (None, "zlib", "lzw", "packbits", "webp")]
STRIPS = [(compression, {"rowsperstrip": 16}) for compression in (None, "zlib", "lzw", "packbits", "jpeg")]


def saved(kind: str, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(NOISY).save(file, kind, **options)
    return file.getvalue()


def garbled(data: bytes, length: int) -> bytes:
    """With other bytes in the middle."""
    at = len(data) // 2
    return data[:at] + random.Random(1).randbytes(length) + data[at + length :]


@pytest.mark.parametrize(("compression", "layout"), TILED + STRIPS)
def test_tiles_and_strips_that_are_missing_are_an_error(tmp_path, compression, layout):
    whole = tiff_bytes(NOISY, photometric="rgb", compression=compression, **layout)
    (tmp_path / "a.tif").write_bytes(whole[: len(whole) // 2])
    for in_memory in (0, np.inf):
        with (
            pytest.raises(PhotoError, match="cannot be decoded"),
            open_photo(tmp_path / "a.tif", in_memory=in_memory) as reader,
        ):
            reader.read(slice(0, 160), slice(0, 240))


@pytest.mark.parametrize("layout", [{"tile": (64, 64)}, {"rowsperstrip": 16}])
@pytest.mark.parametrize("compression", ["zlib", "lzw", "jpeg"])
def test_garbled_tiles_and_strips_are_an_error(tmp_path, compression, layout):
    data = tiff_bytes(NOISY, photometric="rgb", compression=compression, **layout)
    (tmp_path / "a.tif").write_bytes(garbled(data, 200))
    with pytest.raises(PhotoError, match="cannot be decoded"):
        read_photo(tmp_path / "a.tif")


def test_a_deflated_strip_with_another_checksum_is_an_error(tmp_path):
    data = bytearray(tiff_bytes(NOISY, photometric="rgb", compression="zlib", rowsperstrip=16))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        page = file.pages.first
        last = page.dataoffsets[3] + page.databytecounts[3] - 1
    data[last] ^= 1
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(PhotoError, match="cannot be decoded"):
        read_photo(tmp_path / "a.tif")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_a_jpeg_that_is_spoilt_in_the_middle_is_an_error(tmp_path, options):
    (tmp_path / "a.jpg").write_bytes(garbled(saved("JPEG", quality=90, **options), 300))
    with pytest.raises(PhotoError, match="cannot be decoded"):
        read_photo(tmp_path / "a.jpg")


def test_pixels_that_are_left_over_are_an_error(tmp_path):
    """Codes that lost some pixels go on without a complaint."""
    data = saved("JPEG", quality=90)
    at = data.index(b"\xff\xda") + 14
    (tmp_path / "a.jpg").write_bytes(data[:at] + data[-400:-2] + data[at:])
    with pytest.raises(PhotoError, match="left over"):
        read_photo(tmp_path / "a.jpg")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_what_there_is_can_be_taken(tmp_path, name):
    kind = {"a.jpg": "JPEG", "a.png": "PNG"}.get(name)
    data = saved(kind) if kind else tiff_bytes(NOISY, photometric="rgb", compression="lzw", tile=(64, 64))
    (tmp_path / name).write_bytes(data[: len(data) * 2 // 3])
    with open_photo(tmp_path / name, salvage=True) as reader:
        pixels = reader.read(slice(0, 160), slice(0, 240))
    rows, columns = (slice(0, 64), slice(0, 64)) if name == "a.tif" else (slice(0, 64), slice(0, 240))
    assert np.abs(pixels[rows, columns].astype(int) - NOISY[rows, columns]).mean() < 8


def test_harmless_oddities_are_no_error(tmp_path):
    data = saved("JPEG", quality=95, subsampling=0)
    scan = data.index(b"\xff\xda") + 2
    end = scan + data[scan + 1]
    (tmp_path / "version.jpg").write_bytes(data.replace(b"JFIF\0\1", b"JFIF\0\7"))
    (tmp_path / "spectrum.jpg").write_bytes(data[: end - 2] + b"\0\0" + data[end:])  # as some phones write it
    tiff = tiff_bytes(NOISY, photometric="rgb", compression="lzw", tile=(64, 64))
    first = 10 + 12 * 2
    (tmp_path / "order.tif").write_bytes(
        tiff[:first] + tiff[first + 12 : first + 24] + tiff[first : first + 12] + tiff[first + 24 :]
    )
    for path in tmp_path.iterdir():
        assert np.abs(read_photo(path).pixels.astype(int) - NOISY).mean() < 4


def test_damage_of_a_file_that_is_odd_too_is_an_error(tmp_path):
    tiff = tiff_bytes(NOISY, photometric="rgb", compression="lzw", tile=(64, 64), extratags=[(274, "H", 1, 9, True)])
    (tmp_path / "a.tif").write_bytes(tiff[: len(tiff) // 2])
    with pytest.raises(PhotoError, match="cannot be decoded"):
        read_photo(tmp_path / "a.tif")


def test_animations_say_that_only_the_first_picture_is_taken(tmp_path):
    pictures = [Image.fromarray(NOISY), Image.fromarray(NOISY[::-1])]
    for name in ("a.png", "a.webp"):
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], lossless=True)
        assert open_picture(tmp_path / name).notes == (FIRST_OF_ANIMATION,)
        np.testing.assert_array_equal(read_photo(tmp_path / name).color, NOISY)


def claims(name: str, height: int, width: int) -> bytes:
    """A small file whose header asks for so many pixels."""
    if name.endswith(".png"):
        head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        data = png(smooth(1, 1, 3), 2, 8)
        return data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:]
    if name.endswith(".jpg"):
        data = bytearray(saved("JPEG", progressive=name.startswith("progressive")))
        at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) + 5
        data[at : at + 4] = struct.pack(">HH", height, width)
        return bytes(data)
    data = bytearray(tiff_bytes(NOISY, photometric="rgb"))
    for tag, side in ((256, width), (257, height)):
        at = data.index(struct.pack("<HHI", tag, 4, 1)) + 8
        data[at : at + 4] = struct.pack("<I", side)
    return bytes(data)


@pytest.mark.parametrize("name", ["a.jpg", "progressive.jpg", "a.png", "a.tif"])
def test_more_pixels_than_a_small_file_may_have_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(claims(name, 32_000, 32_000))
    with pytest.raises(PhotoError, match=r"32000×32000 pixels, expected at most 89,478,485 in a file of"):
        open_picture(tmp_path / name)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sides_that_are_too_long_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(claims(name, 1, 2_000_000))
    with pytest.raises(PhotoError, match=r"cannot be decoded"):
        open_picture(tmp_path / name)


def test_a_flat_picture_of_twelve_megapixels_is_read(tmp_path):
    Image.new("RGB", (4000, 3000), (9, 99, 199)).save(tmp_path / "a.png")
    assert read_photo(tmp_path / "a.png").pixels.shape == (3000, 4000, 3)


@pytest.mark.skipif(not FILES.is_dir(), reason="the files of other people are not on this machine")
def test_real_files():
    gain_map = read_photo(FILES / "gain-map.jpg")
    with Image.open(FILES / "gain-map.jpg") as picture:
        np.testing.assert_array_equal(gain_map.pixels, np.asarray(picture))
    assert gain_map.icc
    with pytest.raises(PhotoError, match="cannot be decoded"):
        read_photo(FILES / "deflate-tiles-cut.tif")
    assert read_photo(FILES / "thumbnail-first.tif").pixels.shape == (120, 160, 3)
