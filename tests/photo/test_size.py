"""Sizes from headers, against the photos as they are read."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage import data

from opticalzoom.errors import PhotoError
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.photo.raw.dng import write_dng
from opticalzoom.photo.raw.raw_file import develop, read_raw
from opticalzoom.photo.size import read_size


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_photos(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    Image.fromarray(np.zeros((12, 20, 3), np.uint8)).save(path, exif=exif)
    assert read_size(path) == read_photo(path).pixels.shape[:2]


def test_sixteen_bits(tmp_path):
    write_photo(tmp_path / "a.tif", Photo(np.zeros((12, 20, 3), np.uint16)))
    assert read_size(tmp_path / "a.tif") == (12, 20)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_raw_files(tmp_path, orientation):
    shot = MosaicSimulation().shoot(np.ascontiguousarray(data.astronaut()[:40, 100:156]), "astronaut")
    write_dng(tmp_path / "a.dng", shot, Metadata(orientation=orientation))
    assert read_size(tmp_path / "a.dng") == develop(read_raw(tmp_path / "a.dng")).pixels.shape[:2]


@pytest.mark.parametrize("name", ["text.jpg", "text.dng", "empty.png", "missing.tif"])
def test_no_photos(tmp_path, name):
    (tmp_path / "text.jpg").write_text("hello")
    (tmp_path / "text.dng").write_text("hello")
    (tmp_path / "empty.png").touch()
    with pytest.raises(PhotoError, match=f"{name}: "):
        read_size(tmp_path / name)


def test_two_hundred_megapixels(tmp_path):
    Image.new("1", (20000, 10000)).save(tmp_path / "a.png")
    assert read_size(tmp_path / "a.png") == (10000, 20000)
