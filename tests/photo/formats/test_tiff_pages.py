"""Which of the pictures in a TIFF file is the photo."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from photos import smooth
from PIL import Image

from opticalzoom.photo.formats.tiff_pages import FURTHER_PAGES, choose_page
from opticalzoom.photo.formats.vips import open_picture
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.reader import open_photo

PHOTO, PREVIEW, OTHER = smooth(60, 90, 3), smooth(20, 30, 3), smooth(60, 90, 3)[::-1]
LARGE, LARGE_PREVIEW = smooth(1500, 2250, 1)[..., 0], smooth(1000, 1500, 1)[..., 0]
REDUCED, PAGE, MASK = 1, 2, 4


def tiff(path, *pictures, below=()):
    """A file of pictures, each with its NewSubfileType, and of others in directories below the first."""
    with tifffile.TiffWriter(path) as writer:
        for number, (pixels, kind) in enumerate(pictures):
            colours = "rgb" if pixels.ndim == 3 else "minisblack"
            more = {"subifds": len(below)} if below and not number else {}
            writer.write(pixels, photometric=colours, subfiletype=kind, metadata=None, **more)
            for inner, inner_kind in below if not number else ():
                writer.write(inner, photometric="rgb", subfiletype=inner_kind, metadata=None)
    return path


@pytest.mark.parametrize(
    ("pictures", "below", "expected", "noted"),
    [
        ([(PHOTO, 0)], [], PHOTO, False),
        ([(PREVIEW, REDUCED), (PHOTO, 0)], [], PHOTO, False),
        ([(PHOTO, 0), (PREVIEW, REDUCED)], [], PHOTO, False),
        ([(PREVIEW, REDUCED)], [(PREVIEW, REDUCED), (PHOTO, 0)], PHOTO, False),
        ([(PHOTO, 0)], [(PREVIEW, REDUCED)], PHOTO, False),
        ([(PREVIEW, 0)], [(PHOTO, 0)], PHOTO, False),  # not said to be a preview, but it is the same, smaller
        ([(PREVIEW, 0), (PHOTO, 0)], [], PHOTO, False),
        ([(PREVIEW, REDUCED), (PHOTO, REDUCED)], [], PHOTO, False),  # all are said to be previews: the largest
        ([(PHOTO, PAGE), (OTHER, PAGE), (PREVIEW, PAGE)], [], PHOTO, True),
        ([(PREVIEW, REDUCED), (PHOTO, PAGE), (PREVIEW, REDUCED), (OTHER, PAGE)], [], PHOTO, True),
        ([(PHOTO, 0), (smooth(30, 90, 3), 0)], [], PHOTO, True),
        ([(LARGE_PREVIEW, 0), (LARGE, 0)], [], LARGE_PREVIEW, True),  # that large it is a page
    ],
)
def test_the_photo_is_the_first_page_that_is_no_preview(tmp_path, pictures, below, expected, noted):
    path = tiff(tmp_path / "a.tif", *pictures, below=below)
    assert open_picture(path).notes == ((FURTHER_PAGES,) if noted else ())
    np.testing.assert_array_equal(read_photo(path).pixels, expected.reshape(*expected.shape[:2], -1))


def test_masks_are_no_photos(tmp_path):
    path = tiff(tmp_path / "a.tif", (PREVIEW, REDUCED), (LARGE[:60, :90] > 99, MASK), (PHOTO, 0))
    np.testing.assert_array_equal(read_photo(path).pixels, PHOTO)


def test_parts_are_of_the_photo_too(tmp_path):
    path = tiff(tmp_path / "a.tif", (PREVIEW, REDUCED), (PHOTO, 0))
    with open_photo(path, in_memory=0) as reader:
        np.testing.assert_array_equal(reader.read(slice(7, 33), slice(5, 70)), PHOTO[7:33, 5:70])


def test_the_photo_has_its_own_orientation(tmp_path):
    for own, other in ((6, 1), (3, None)):
        with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
            for pixels, kind, turned in ((PREVIEW, REDUCED, other), (PHOTO, 0, own)):
                tags = [(274, "H", 1, turned, True)] if turned else []
                writer.write(pixels, photometric="rgb", subfiletype=kind, metadata=None, extratags=tags)
        with tifffile.TiffFile(tmp_path / "a.tif") as file:
            assert choose_page(file).orientation == own
        assert read_photo(tmp_path / "a.tif").pixels.shape == ((90, 60, 3) if own == 6 else (60, 90, 3))


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "raw"])
def test_brightness_and_colour_differences_become_rgb(tmp_path, compression):
    """As Pillow, whose libtiff converts them, has it; stored without JPEG."""
    ycbcr = Image.fromarray(PHOTO).convert("YCbCr")
    ycbcr.save(tmp_path / "a.tif", compression=compression)
    error = np.abs(read_photo(tmp_path / "a.tif").pixels.astype(int) - PHOTO)
    assert error.max() < 8
    assert error.mean() < 1.5


def test_rings_of_pages_end(tmp_path):
    data = bytearray(tiff(tmp_path / "a.tif", (PHOTO, PAGE), (OTHER, PAGE)).read_bytes())
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        last = file.pages[1].offset
    entries = int.from_bytes(data[last : last + 2], "little")
    data[last + 2 + 12 * entries : last + 6 + 12 * entries] = data[4:8]
    (tmp_path / "a.tif").write_bytes(data)
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tif").pixels, PHOTO)
