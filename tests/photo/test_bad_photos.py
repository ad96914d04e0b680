"""Photos that are missing, damaged, cut short, or of a kind that is not read."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
import tifffile
from helpers import noise
from hypothesis import given, settings
from hypothesis import strategies as st
from photos import DEPTHS, RGB_ICC, SUFFIXES, camera_exif, smooth, tiff_bytes
from PIL import Image

from opticalzoom.errors import PhotoError
from opticalzoom.photo.photograph import Photo, read_photo, write_photo


def test_missing_empty_text_and_unknown_files(tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("This is no photo.\n" * 99)
    (tmp_path / "text.tif").write_text("II*, a poem")
    (tmp_path / "folder.png").mkdir()
    for name, cause in (
        ("missing.jpg", "No such file"),
        ("empty.jpg", "is empty"),
        ("text.jpg", "no whole PNG, JPEG, TIFF, WebP, HEIC or AVIF"),
        ("text.tif", "cannot be decoded"),
        ("folder.png", "cannot be read"),
        ("photo.xyz", "use one of|Use one of"),
    ):
        with pytest.raises(PhotoError, match=cause) as caught:
            read_photo(tmp_path / name)
        assert caught.value.path == tmp_path / name
        assert caught.value.remedy
        assert "object at 0x" not in str(caught.value)


@pytest.mark.parametrize("cut", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_truncated_photos_are_refused(tmp_path, suffix, dtype, cut):
    write_photo(tmp_path / f"a{suffix}", Photo(noise(64, 64, 3, dtype=dtype), camera_exif()))
    data = (tmp_path / f"a{suffix}").read_bytes()
    (tmp_path / f"cut{suffix}").write_bytes(data[: int(len(data) * cut)])
    with pytest.raises(PhotoError, match="cannot be decoded"):
        read_photo(tmp_path / f"cut{suffix}")


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
@pytest.mark.parametrize("dtype", DEPTHS)
def test_truncated_tiff_with_its_directory_in_front_is_refused(tmp_path, dtype, compression):
    data = tiff_bytes(noise(64, 64, 3, dtype=dtype), photometric="rgb", compression=compression, rowsperstrip=8)
    (tmp_path / "a.tif").write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(PhotoError, match="cannot be decoded"):
        read_photo(tmp_path / "a.tif")


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_damage_gives_a_photo_or_our_error(tmp_path_factory, data):
    suffix, dtype = data.draw(st.sampled_from(SUFFIXES)), data.draw(st.sampled_from(DEPTHS))
    path = tmp_path_factory.mktemp("damage") / f"a{suffix}"
    write_photo(path, Photo(smooth(16, 16, 3, dtype), camera_exif(), RGB_ICC))
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    blamed = path
    try:
        read_photo(path)
    except PhotoError as error:
        blamed = error.path
    assert blamed == path


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 3)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int32, np.uint32])
def test_other_sample_types_are_named(tmp_path, dtype, shape):
    kind = "rgb" if len(shape) == 3 else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", np.ones(shape, dtype), photometric=kind)
    with pytest.raises(PhotoError, match=f"{np.dtype(dtype)}, expected 8 or 16-bit integers"):
        read_photo(tmp_path / "a.tif")


def test_two_hundred_megapixels_pass_pillows_limit(tmp_path, recwarn):
    Image.new("1", (16_384, 12_288)).save(tmp_path / "large.png")
    before = Image.MAX_IMAGE_PIXELS
    assert read_photo(tmp_path / "large.png").pixels.shape == (12_288, 16_384, 1)
    assert before == Image.MAX_IMAGE_PIXELS
    assert not recwarn.list


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_header_that_claims_terapixels_is_refused(tmp_path, suffix):
    if suffix == ".png":
        head = struct.pack(">IIBBBBB", 10**6, 10**6, 8, 2, 0, 0, 0)
        chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
        data = b"\x89PNG\r\n\x1a\n" + chunk
        data += struct.pack(">I", 4) + b"IDAT" + bytes(4) + struct.pack(">I", zlib.crc32(b"IDAT" + bytes(4)))
    else:
        data = tiff_bytes(noise(8, 9, 3, dtype=np.uint16), photometric="rgb")
        for tag in (256, 257):
            at = data.index(struct.pack("<HHI", tag, 4, 1)) + 8
            data = data[:at] + struct.pack("<I", 10**6) + data[at + 4 :]
    (tmp_path / f"a{suffix}").write_bytes(data)
    with pytest.raises(PhotoError, match="pixels"):
        read_photo(tmp_path / f"a{suffix}")
