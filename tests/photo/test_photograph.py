"""Photos written and read back: pixels, depths, and what is left when writing fails."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from helpers import noise
from hypothesis import given, settings
from hypothesis import strategies as st
from photos import DEPTHS, LOSSLESS, SUFFIXES, camera_exif, pixels_by_another_reader, smooth
from PIL import Image

from opticalzoom.errors import OutputExistsError, PhotoError
from opticalzoom.photo import encode
from opticalzoom.photo.encode import to_eight_bit
from opticalzoom.photo.photograph import Photo, find_photos, from_float, read_photo, to_float, write_photo


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_give_back_the_same_pixels(tmp_path, suffix, dtype, channels):
    pixels = noise(37, 53, channels, dtype=dtype)
    write_photo(tmp_path / f"a{suffix}", Photo(pixels))
    back = read_photo(tmp_path / f"a{suffix}").pixels
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, pixels)
    if (suffix, dtype, channels) == (".png", np.uint16, 2):
        pixels = pixels[..., [0, 0, 0, 1]]  # what OpenCV makes of grey with alpha
    np.testing.assert_array_equal(pixels_by_another_reader(tmp_path / f"a{suffix}", dtype), pixels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats_give_back_nearly_the_same_pixels(tmp_path, suffix, dtype, channels):
    pixels = smooth(64, 96, channels, dtype)
    if channels in (2, 4):
        pixels[..., -1] = np.iinfo(dtype).max
    write_photo(tmp_path / f"a{suffix}", Photo(pixels))
    back = read_photo(tmp_path / f"a{suffix}")
    expected = np.rint(to_float(Photo(pixels).color) * 255)
    kept = {".jpg": {1: 1, 2: 1, 3: 3, 4: 3}, ".webp": {1: 3, 2: 3, 3: 3, 4: 3}}[suffix][channels]
    assert back.pixels.dtype == np.uint8
    assert back.color.shape == (64, 96, kept)
    assert np.abs(back.color.astype(int) - expected).mean() < 1.5


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from([1, 3, 4]),
    st.sampled_from(DEPTHS),
    st.sampled_from(SUFFIXES),
)
def test_any_size(tmp_path_factory, height, width, channels, dtype, suffix):
    path = tmp_path_factory.mktemp("size") / f"a{suffix}"
    pixels = noise(height, width, channels, dtype=dtype)
    write_photo(path, Photo(pixels, camera_exif()))
    back = read_photo(path).pixels
    assert back.shape[:2] == (height, width)
    if suffix in LOSSLESS:
        np.testing.assert_array_equal(back, pixels)


def test_webp_keeps_alpha(tmp_path):
    pixels = smooth(32, 48, 4)
    write_photo(tmp_path / "a.webp", Photo(pixels))
    np.testing.assert_array_equal(read_photo(tmp_path / "a.webp").alpha, pixels[..., 3:])


def test_jpeg_lays_transparency_on_white(tmp_path):
    pixels = np.zeros((16, 32, 4), np.uint16)
    pixels[:, :16, 3] = 65535
    write_photo(tmp_path / "a.jpg", Photo(pixels))
    back = read_photo(tmp_path / "a.jpg").pixels
    np.testing.assert_allclose(back[:, :8], 0, atol=2)
    np.testing.assert_allclose(back[:, -8:], 255, atol=2)


def test_sixteen_bits_are_rounded_to_eight():
    every = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(to_eight_bit(every), np.rint(every / 257))


def test_quality_counts(tmp_path):
    for quality in (30, 95):
        write_photo(tmp_path / f"{quality}.jpg", Photo(noise(64, 64, 3, dtype=np.uint8)), quality=quality)
    assert (tmp_path / "30.jpg").stat().st_size < (tmp_path / "95.jpg").stat().st_size / 2


@pytest.mark.parametrize("dtype", DEPTHS)
def test_float_and_back_is_exact_for_every_value(dtype):
    every = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    floats = to_float(every)
    assert floats.dtype == np.float32
    assert (floats[0], floats[-1]) == (0, 1)
    np.testing.assert_array_equal(from_float(floats, dtype), every)


def test_floats_stay_floats():
    values = np.array([0.25, -1, 2, np.nan])
    assert to_float(values).dtype == np.float32
    np.testing.assert_array_equal(from_float(to_float(values), np.dtype(np.float32)), np.float32([0.25, 0, 1, 0]))


def test_from_float_rounds_clips_and_survives_nan():
    values = np.array([-1, 0.4 / 255, 0.6 / 255, 2, np.nan, np.inf, -np.inf], np.float32)
    np.testing.assert_array_equal(from_float(values, np.uint8), [0, 0, 1, 255, 0, 255, 0])


def test_photo_parts():
    pixels = noise(3, 4, 4, dtype=np.uint8)
    photo = Photo(pixels, b"e", b"i")
    assert photo.color.base is not None
    np.testing.assert_array_equal(np.concatenate([photo.color, photo.alpha], -1), pixels)
    larger = photo.replace(noise(6, 8, 1, dtype=np.uint16))
    assert (larger.color.shape, larger.alpha, larger.exif, larger.icc) == ((6, 8, 1), None, b"e", b"i")
    assert Photo(noise(3, 4, 2, dtype=np.uint8)).color.shape == (3, 4, 1)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((3, 4), np.uint8), np.zeros((3, 4, 5), np.uint8), np.zeros((3, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_photo_refuses_other_arrays(pixels):
    with pytest.raises(PhotoError, match="expected uint8 or uint16 H×W×C"):
        Photo(pixels)


def test_existing_output_is_kept_unless_overwritten(tmp_path):
    path = tmp_path / "a.png"
    write_photo(path, Photo(noise(3, 4, 3, dtype=np.uint8)))
    before = path.read_bytes()
    with pytest.raises(OutputExistsError):
        write_photo(path, Photo(noise(5, 6, 3, dtype=np.uint8)))
    assert path.read_bytes() == before
    write_photo(path, Photo(noise(5, 6, 3, dtype=np.uint8)), overwrite=True)
    assert read_photo(path).pixels.shape == (5, 6, 3)


def test_full_disk_leaves_nothing(tmp_path, monkeypatch):
    if not Path("/dev/full").exists():
        pytest.skip("/dev/full is a device of Linux")

    def half_then_full(path, *_):
        path.write_bytes(b"half")
        with open("/dev/full", "wb", buffering=0) as file:  # noqa: PTH123 - the file system's own refusal
            file.write(b"full")

    monkeypatch.setattr(encode, "write_tiff", half_then_full)
    with pytest.raises(PhotoError, match=r"out\.tif: cannot be written: No space left.*Free some space") as caught:
        write_photo(tmp_path / "out.tif", Photo(noise(30, 40, 3, dtype=np.uint16)))
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_unwritable_folder_unknown_suffix_and_too_large(tmp_path):
    photo = Photo(noise(3, 4, 3, dtype=np.uint8))
    (tmp_path / "file").write_text("")
    with pytest.raises(PhotoError, match="cannot be written"):
        write_photo(tmp_path / "file" / "a.png", photo)
    for name in ("a.bmp", "a"):
        with pytest.raises(PhotoError, match=r"Use one of \.png"):
            write_photo(tmp_path / name, photo)
    with pytest.raises(PhotoError, match=r"16384×1 pixels, WEBP takes at most 16383.*\.png"):
        write_photo(tmp_path / "a.webp", Photo(np.zeros((1, 16384, 3), np.uint8)))
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_find_photos(tmp_path):
    for name in ("b.JPG", "a.tiff", "notes.txt", "._a.jpg", "c.webp"):
        (tmp_path / name).write_text("")
    (tmp_path / "folder.png").mkdir()
    names = [path.name for path in find_photos([tmp_path / "c.webp", tmp_path])]
    assert names == ["c.webp", "a.tiff", "b.JPG"]
    with pytest.raises(PhotoError, match="is not there"):
        find_photos([tmp_path / "gone"])
    with pytest.raises(PhotoError, match="holds no photos"):
        find_photos([tmp_path / "folder.png"])


@pytest.mark.parametrize("suffix", [".jfif", ".jpe"])
def test_other_suffixes_of_jpeg(tmp_path, suffix):
    write_photo(tmp_path / f"a{suffix}", Photo(smooth(24, 40, 3)), quality=100)
    with Image.open(tmp_path / f"a{suffix}") as theirs:
        assert theirs.format == "JPEG"
    assert np.abs(read_photo(tmp_path / f"a{suffix}").pixels.astype(int) - smooth(24, 40, 3)).max() < 8


def test_a_file_of_several_pictures_is_read_and_not_written(tmp_path):
    first, second = (Image.fromarray(smooth(24, 40, 3)[:, ::step]) for step in (1, 2))
    first.save(tmp_path / "a.mpo", save_all=True, append_images=[second], quality=100, subsampling=0)
    assert np.abs(read_photo(tmp_path / "a.mpo").pixels.astype(int) - smooth(24, 40, 3)).mean() < 1.5
    with pytest.raises(PhotoError, match="no format to write"):
        write_photo(tmp_path / "b.mpo", Photo(smooth(24, 40, 3)))
