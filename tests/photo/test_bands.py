"""Photographs written in bands, read by others."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from opticalzoom.errors import PhotoError
from opticalzoom.photo.bands import Header, regrouped
from opticalzoom.photo.encode import write_bands
from opticalzoom.photo.formats import tiff
from opticalzoom.photo.formats.png import filtered
from opticalzoom.photo.photograph import Photo, read_photo, write_photo


def smooth(height, width, channels=3, dtype=np.uint8):
    y, x = np.mgrid[:height, :width] / 50
    planes = [0.5 + 0.4 * np.sin(3 * (c + 1) * y + 2 * x) for c in range(channels)]
    return np.rint(np.stack(planes, -1) * np.iinfo(dtype).max).astype(dtype)


def bands_of(pixels, rows):
    return (pixels[start : start + rows] for start in range(0, len(pixels), rows))


def camera_exif():
    made = Image.Exif()
    made[0x010F] = "Nikon"
    made.get_ifd(0x8769).update({0x829A: 1 / 250, 0xA434: "85 mm f/1.8"})
    return made.tobytes().removeprefix(b"Exif\0\0")


@given(st.lists(st.integers(0, 9), max_size=9), st.integers(1, 12))
def test_regrouping_keeps_all_rows_in_order(heights, rows):
    pixels = np.arange(sum(heights) * 2).reshape(-1, 2, 1)
    given_bands = np.split(pixels, np.cumsum(heights)[:-1]) if heights else []
    out = list(regrouped(given_bands, rows))
    assert [len(band) for band in out[:-1]] == [rows] * (len(out) - 1)
    np.testing.assert_array_equal(np.concatenate([*out, pixels[:0]]), pixels)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_bands_of_any_height_give_the_same_file(tmp_path, suffix, dtype):
    pixels = smooth(150, 70, 4, dtype)
    write_photo(tmp_path / f"whole{suffix}", Photo(pixels, camera_exif()))
    for rows in (1, 37, 64):
        path = tmp_path / f"{rows}{suffix}"
        write_bands(path, Header(pixels.shape, pixels.dtype, camera_exif()), bands_of(pixels, rows))
        assert path.read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (63, 9), (64, 300), (65, 8), (200, 77), (517, 130)])
def test_a_jpeg_of_strips_is_what_pillow_makes_of_the_whole(tmp_path, height, width, channels):
    pixels = smooth(height, width, channels)
    write_photo(tmp_path / "a.jpg", Photo(pixels), quality=90)
    file = io.BytesIO()
    picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    picture.save(file, "JPEG", quality=90, subsampling=0, restart_marker_rows=1)
    assert (tmp_path / "a.jpg").read_bytes() == file.getvalue()
    assert cv2.imread(str(tmp_path / "a.jpg")).shape[:2] == (height, width)


def test_png_filters_undo_and_compress(tmp_path):
    pixels = smooth(300, 400)
    rows = pixels.reshape(300, -1)
    out = filtered(rows, np.zeros((1, 1200), np.uint8), 3)
    assert len(set(out[:, 0])) > 1, "one filter does for all rows"
    write_photo(tmp_path / "a.png", Photo(pixels))
    Image.fromarray(pixels).save(tmp_path / "pillow.png")
    assert (tmp_path / "a.png").stat().st_size < 1.05 * (tmp_path / "pillow.png").stat().st_size


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_bigtiff_with_exif(tmp_path, monkeypatch, channels, dtype):
    monkeypatch.setattr(tiff, "_CLASSIC_LIMIT", 0)
    pixels = smooth(150, 70, channels, dtype)
    write_photo(tmp_path / "a.tif", Photo(pixels, camera_exif()))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_bigtiff
        assert len(file.pages) == 1
        page = file.pages.first
        np.testing.assert_array_equal(page.asarray().reshape(pixels.shape), pixels)
        assert page.tags.valueof("Make") == "Nikon"
        assert page.tags.valueof("ExifTag")["LensModel"] == "85 mm f/1.8"
    back = read_photo(tmp_path / "a.tif")
    np.testing.assert_array_equal(back.pixels, pixels)
    write_photo(tmp_path / "b.png", back)
    with Image.open(tmp_path / "b.png") as picture:
        assert picture.getexif().get_ifd(0x8769)[0xA434] == "85 mm f/1.8"


def test_a_strip_is_what_a_tiff_reader_asks_for(tmp_path):
    write_photo(tmp_path / "a.tif", Photo(smooth(150, 70)))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        page = file.pages.first
        assert (page.rowsperstrip, len(page.dataoffsets), page.predictor) == (64, 3, 2)


@pytest.mark.parametrize(("suffix", "size"), [(".jpg", (1, 65501)), (".webp", (16384, 1))])
def test_sizes_are_refused_before_anything_is_computed(tmp_path, suffix, size):
    def computing():
        pytest.fail("computed")
        yield

    with pytest.raises(PhotoError, match="takes at most"):
        write_bands(tmp_path / f"a{suffix}", Header((*size, 3), np.dtype(np.uint8)), computing())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
@pytest.mark.parametrize("problem", [KeyboardInterrupt, PhotoError("x")])
def test_what_fails_midway_leaves_nothing(tmp_path, suffix, problem):
    def failing():
        yield smooth(100, 50)
        raise problem

    with pytest.raises(problem if isinstance(problem, type) else type(problem)):
        write_bands(tmp_path / f"a{suffix}", Header((200, 50, 3), np.dtype(np.uint8)), failing())
    assert list(tmp_path.iterdir()) == []
