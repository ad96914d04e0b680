"""EXIF and profiles of the photos that are written, as other programs read them."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from photos import DEPTHS, GREY_ICC, RGB_ICC, SUFFIXES, camera_exif, smooth
from PIL import Image

from opticalzoom.photo.photograph import Photo, read_photo, write_photo


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_exif_and_profile_reach_other_readers(tmp_path, suffix, channels, dtype):
    grey_lost = suffix == ".webp" and channels == 1
    icc = GREY_ICC if channels == 1 else RGB_ICC
    write_photo(tmp_path / f"a{suffix}", Photo(smooth(24, 40, channels, dtype), camera_exif(6), icc))
    with Image.open(tmp_path / f"a{suffix}") as picture:
        picture.load()
        main = picture.getexif()
        assert picture.info.get("icc_profile") == (None if grey_lost else icc)
    assert picture.size == (40, 24)
    assert (main[0x010F], main[0x0110], main[0x0132]) == ("Nikon", "D780", "2024:05:06 07:08:09")
    assert main.get(0x0112, 1) == 1
    details, position = main.get_ifd(0x8769), main.get_ifd(0x8825)
    assert (details[0x829A], details[0x920A], details[0xA434]) == (1 / 250, 85.0, "85 mm f/1.8")
    assert (details[0xA002], details[0xA003]) == (40, 24)
    assert (position[1], position[2], position[4]) == ("N", (47.0, 22.0, 1.5), (8.0, 32.0, 0.0))
    back = read_photo(tmp_path / f"a{suffix}")
    write_photo(tmp_path / f"b{suffix}", back)
    again = read_photo(tmp_path / f"b{suffix}")
    assert (again.exif, again.icc) == (back.exif, back.icc)


def test_motorola_exif_and_tiff(tmp_path):
    block = b"MM\0*\0\0\0\x08\0\x01\x01\x0f\0\x02\0\0\0\x06\0\0\0\x1a\0\0\0\0Canon\0"
    for suffix in SUFFIXES:
        write_photo(tmp_path / f"a{suffix}", Photo(smooth(24, 40, 3, np.uint16), block))
        with Image.open(tmp_path / f"a{suffix}") as picture:
            assert picture.getexif()[0x010F] == "Canon"
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), smooth(24, 40, 3, np.uint16))
    assert (tmp_path / "a.tif").read_bytes()[:2] == b"MM"


def test_a_block_too_large_for_jpeg_loses_its_largest_values(tmp_path):
    made = Image.Exif()
    made[0x010F] = "Nikon"
    made.get_ifd(0x8769)[0x927C] = b"Nikon\0\2" + b"x" * 70_000
    block = made.tobytes().removeprefix(b"Exif\0\0")
    for suffix in SUFFIXES:
        write_photo(tmp_path / f"a{suffix}", Photo(smooth(24, 40, 3), block))
        with Image.open(tmp_path / f"a{suffix}") as picture:
            assert picture.getexif()[0x010F] == "Nikon"
            assert (0x927C in picture.getexif().get_ifd(0x8769)) == (suffix != ".jpg")


def test_damaged_exif_does_not_stop_a_photo(tmp_path):
    Image.fromarray(smooth(24, 40, 3)).save(tmp_path / "a.png", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert read_photo(tmp_path / "a.png").exif is None


def test_no_metadata_stays_none(tmp_path):
    for suffix in (".png", ".jpg", ".webp"):
        write_photo(tmp_path / f"a{suffix}", Photo(smooth(24, 40, 3)))
        assert read_photo(tmp_path / f"a{suffix}").exif is None
        assert read_photo(tmp_path / f"a{suffix}").icc is None
