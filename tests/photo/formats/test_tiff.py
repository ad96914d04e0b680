"""TIFF files, read by tifffile."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from opticalzoom.photo.bands import Header
from opticalzoom.photo.formats import tiff
from opticalzoom.photo.formats.tiff import write_tiff


def picture(channels, dtype):
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (130, 40, channels), dtype, endpoint=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pixels_and_their_meaning(tmp_path, channels, dtype):
    pixels = picture(channels, dtype)
    write_tiff(tmp_path / "a.tif", Header(pixels.shape, pixels.dtype), iter([pixels[:65], pixels[65:]]))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        (page,) = file.pages
        np.testing.assert_array_equal(page.asarray().reshape(pixels.shape), pixels)
        assert page.photometric.name == ("RGB" if channels > 2 else "MINISBLACK")
        assert [sample.name for sample in page.extrasamples] == ["UNASSALPHA"] * (channels % 2 == 0)
        assert not file.is_bigtiff


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_file_has_the_byte_order_of_its_exif(tmp_path, order):
    block = Image.Exif()
    block.endian, block[0x010F] = order, "Maker"
    pixels = picture(3, np.uint16)
    exif = block.tobytes().removeprefix(b"Exif\0\0")
    write_tiff(tmp_path / "a.tif", Header(pixels.shape, pixels.dtype, exif), iter([pixels]))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.byteorder == order
        assert file.pages.first.tags[0x010F].value == "Maker"
        np.testing.assert_array_equal(file.pages.first.asarray(), pixels)


def test_what_may_need_more_than_four_gigabytes_is_a_bigtiff(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff, "_CLASSIC_LIMIT", 1000)
    pixels = picture(3, np.uint8)
    write_tiff(tmp_path / "a.tif", Header(pixels.shape, pixels.dtype), iter([pixels]))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.pages.first.asarray(), pixels)
