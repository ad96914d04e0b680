"""What is written, read back by other programs."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from photos import SUFFIXES, smooth
from PIL import Image
from profiles import rgb_profile

from opticalzoom.errors import PhotoError
from opticalzoom.photo.bands import Header
from opticalzoom.photo.encode import to_eight_bit, write_bands


def picture(channels, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (70, 33, channels), dtype, endpoint=True)


def written(path, pixels, exif=None, icc=None):
    header = Header(pixels.shape, pixels.dtype, exif, icc)
    write_bands(path, header, iter([pixels[:20], pixels[20:]]), overwrite=True, quality=90)
    return path


def exif():
    block = Image.Exif()
    block[0x010F], block[0x0112] = "Maker", 6
    return block.tobytes().removeprefix(b"Exif\0\0")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
def test_exif_and_profile_are_read_by_pillow(tmp_path, suffix):
    icc = rgb_profile()
    with Image.open(written(tmp_path / f"a{suffix}", picture(3), exif(), icc)) as image:
        assert image.size == (33, 70)
        assert image.info["icc_profile"] == icc
        assert image.getexif()[0x010F] == "Maker"
        assert image.getexif()[0x0112] == 1  # the pixels are upright


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_eight_bits_without_loss(tmp_path, channels):
    pixels = picture(channels)
    with Image.open(written(tmp_path / "a.png", pixels)) as image:
        np.testing.assert_array_equal(np.asarray(image).reshape(pixels.shape), pixels)
    np.testing.assert_array_equal(tifffile.imread(written(tmp_path / "a.tif", pixels)).reshape(pixels.shape), pixels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_without_loss(tmp_path, channels):
    pixels = picture(channels, np.uint16)
    np.testing.assert_array_equal(tifffile.imread(written(tmp_path / "a.tif", pixels)).reshape(pixels.shape), pixels)


def test_what_is_transparent_is_white_in_a_jpeg(tmp_path):
    pixels = np.zeros((16, 16, 4), np.uint8)
    with Image.open(written(tmp_path / "a.jpg", pixels)) as image:
        assert np.asarray(image).min() >= 254


def test_eight_bit_rounds_to_nearest():
    values = np.arange(65536, dtype=np.uint16)
    expected = np.rint(values / 257).astype(np.uint8)
    np.testing.assert_array_equal(to_eight_bit(values), expected)


@pytest.mark.parametrize(("name", "side"), [("a.webp", 16384), ("a.jpg", 65501), ("a.gif", 10)])
def test_what_a_format_cannot_hold(tmp_path, name, side):
    with pytest.raises(PhotoError):
        write_bands(tmp_path / name, Header((10, side, 3), np.dtype(np.uint8)), iter(()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_becomes_of_transparency_is_said(tmp_path, channels):
    pixels = smooth(24, 32, channels)
    for suffix in SUFFIXES:
        notes = write_bands(tmp_path / f"a{suffix}", Header(pixels.shape, pixels.dtype), (pixels,))
        assert len(notes) == (suffix == ".jpg" and channels in (2, 4))
