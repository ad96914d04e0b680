"""Parts of photographs against the whole, from every format, depth, orientation and place where pixels may lie."""

from __future__ import annotations

import resource
import tempfile

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from opticalzoom.errors import PhotoError
from opticalzoom.photo.orientation import as_stored, stored_window, upright, upright_size
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.photo.reader import open_photo, reading
from opticalzoom.photo.window import Window

PARTS = [(slice(0, 24), slice(0, 40)), (slice(3, 9), slice(0, 40)), (slice(20, 24), slice(7, 31)), (slice(0, 1),) * 2]


def noise(height=24, width=40, channels=3, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (height, width, channels), dtype, endpoint=True)


def check_parts(path, in_memory):
    whole = read_photo(path)
    with open_photo(path, in_memory=in_memory) as reader:
        assert (reader.shape, reader.dtype) == (whole.pixels.shape, whole.pixels.dtype)
        assert (reader.exif, reader.icc) == (whole.exif, whole.icc)
        height, width, _ = reader.shape
        for rows, columns in [*PARTS, (slice(0, height), slice(0, width))]:
            if rows.stop <= height and columns.stop <= width:
                np.testing.assert_array_equal(reader.read(rows, columns), whole.pixels[rows, columns])


@pytest.mark.parametrize("in_memory", [0, 10**6])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".webp"])
def test_every_part_is_that_of_the_whole(tmp_path, suffix, channels, dtype, in_memory):
    write_photo(tmp_path / f"a{suffix}", Photo(noise(channels=channels, dtype=dtype)))
    check_parts(tmp_path / f"a{suffix}", in_memory)


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize(
    ("suffix", "layout"), [(".tif", {"tile": (16, 16)}), (".tif", {"rowsperstrip": 5}), (".png", {})]
)
def test_parts_are_upright(tmp_path, suffix, layout, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    if suffix == ".tif":
        tags = [(274, "H", 1, orientation)]
        tifffile.imwrite(path, noise(), photometric="rgb", compression="zlib", extratags=tags, **layout)
    else:
        Image.fromarray(noise()).save(path, exif=exif.tobytes())
    check_parts(path, 0)


@pytest.mark.parametrize(
    "layout", [{"tile": (16, 16)}, {"rowsperstrip": 7}, {"bigtiff": True}, {"planarconfig": "separate"}]
)
@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_tiffs_of_all_layouts(tmp_path, layout, compression):
    pixels = noise(50, 60, dtype=np.uint16)
    stored = pixels.transpose(2, 0, 1) if "planarconfig" in layout else pixels
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", compression=compression, **layout)
    with open_photo(tmp_path / "a.tif", in_memory=0) as reader:
        np.testing.assert_array_equal(reader.read(slice(10, 33), slice(5, 60)), pixels[10:33, 5:60])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_tiffs_call_their_fourth_channel(tmp_path, dtype):
    pixels = noise(channels=4, dtype=dtype)
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    for kind in ("unassalpha", "assocalpha", "unspecified"):
        tifffile.imwrite(tmp_path / f"{kind}.tif", pixels, photometric="rgb", extrasamples=[kind])
    np.testing.assert_array_equal(read_photo(tmp_path / "unassalpha.tif").pixels, pixels)
    np.testing.assert_array_equal(read_photo(tmp_path / "unspecified.tif").pixels, pixels[..., :3])
    divided = read_photo(tmp_path / "assocalpha.tif").pixels.astype(float)
    opaque = pixels[..., 3] > 0
    expected = pixels[..., :3] / np.maximum(pixels[..., 3:], 1) * np.iinfo(dtype).max
    assert np.abs(divided[..., :3] - expected)[opaque].max() <= 1
    np.testing.assert_array_equal(divided[..., 3], pixels[..., 3])


@pytest.mark.parametrize("name", ["a[1].png", "50% (ü).png", "-x.png"])
def test_names_mean_nothing(tmp_path, name):
    write_photo(tmp_path / name, Photo(noise()))
    check_parts(tmp_path / name, 0)


def test_temporary_files_vanish(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    write_photo(tmp_path / "a.png", Photo(noise()))
    with open_photo(tmp_path / "a.png", in_memory=0) as reader:
        reader.read(slice(0, 5), slice(0, 5))
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_without_room_for_a_temporary_file_the_disk_is_told_and_not_the_photo(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_photo(path, Photo(noise(64, 64)))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        with (
            pytest.raises(PhotoError, match=r"no room to unpack .* File too large\. It takes 0\.0 GB: set TMPDIR"),
            open_photo(path, in_memory=0),
        ):
            pytest.fail("it was opened")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_without_a_folder_for_temporary_files_that_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    write_photo(tmp_path / "a.png", Photo(noise()))
    with (
        pytest.raises(PhotoError, match=r"no room .* No such file.*TMPDIR"),
        open_photo(tmp_path / "a.png", in_memory=0),
    ):
        pytest.fail("it was opened")


def test_a_cut_file_is_refused_before_its_pixels_are_needed(tmp_path):
    write_photo(tmp_path / "a.png", Photo(noise(100, 100)))
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(PhotoError, match="cannot be decoded"), open_photo(tmp_path / "a.png", in_memory=0):
        pytest.fail("it was opened")


def test_a_tiff_that_is_damaged_further_down(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", noise(100, 100), photometric="rgb", tile=(16, 16), compression="zlib")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        place = file.pages.first.dataoffsets[-1]
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[place : place + 20] = bytes(20)
    (tmp_path / "a.tif").write_bytes(data)
    with open_photo(tmp_path / "a.tif", in_memory=0) as reader:
        np.testing.assert_array_equal(reader.read(slice(0, 30), slice(0, 100)), noise(100, 100)[:30])
        with pytest.raises(PhotoError, match=r"a\.tif: cannot be decoded"):
            reader.read(slice(60, 100), slice(0, 100))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.integers(1, 9), st.integers(1, 9), st.data())
def test_windows_follow_the_orientation(orientation, height, width, data):
    stored = np.arange(height * width).reshape(height, width, 1)
    whole = upright(stored, orientation)
    assert whole.shape[:2] == upright_size(height, width, orientation)
    np.testing.assert_array_equal(as_stored(whole, orientation), stored)
    top, left = (data.draw(st.integers(0, side - 1)) for side in whole.shape[:2])
    bottom, right = (data.draw(st.integers(s + 1, e)) for s, e in zip((top, left), whole.shape[:2], strict=True))
    window = Window(slice(top, bottom), slice(left, right))
    there = stored_window(window, orientation, height, width)
    np.testing.assert_array_equal(upright(stored[there], orientation), whole[window])
    np.testing.assert_array_equal(reading(stored, orientation).read(*window), whole[window])
