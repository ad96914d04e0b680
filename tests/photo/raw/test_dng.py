"""DNG files, read by LibRaw and tifffile."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
import rawpy
import tifffile
from cards import CAMERA_MATRIX, GAINS

from opticalzoom.photo.metadata import Metadata, read_metadata
from opticalzoom.photo.raw.dng import write_dng
from opticalzoom.photo.raw.raw_file import RawPhoto, read_raw

METADATA = Metadata("Maker Model", "Lens 24-70", 35.0, 52.0, datetime(2026, 1, 2, 3, 4, 5))
MOSAIC = np.random.default_rng(0).uniform(0.05, 0.9, (24, 36)).astype(np.float32)


@pytest.fixture
def path(tmp_path):
    write_dng(tmp_path / "a.dng", RawPhoto(MOSAIC, GAINS, CAMERA_MATRIX), METADATA)
    return tmp_path / "a.dng"


def test_libraw_reads_the_mosaic(path):
    with rawpy.imread(str(path)) as raw:
        black, white = np.mean(raw.black_level_per_channel), raw.white_level
        found = (raw.raw_image_visible.astype(np.float32) - black) / (white - black)
        assert raw.raw_pattern[0, 0] == 0
    np.testing.assert_allclose(found, MOSAIC, atol=1 / (white - black))


def test_colours_and_metadata_come_back(path):
    raw = read_raw(path)
    np.testing.assert_allclose(raw.white_balance, GAINS / GAINS[1], rtol=1e-3)
    np.testing.assert_allclose(raw.matrix, CAMERA_MATRIX, atol=5e-3)
    found = read_metadata(path)
    assert (found.focal_length, found.focal_length_35mm, found.lens) == (35.0, 52.0, "Lens 24-70")
    assert found.time == METADATA.time


def test_it_is_a_cfa_picture_for_tiff_readers(path):
    with tifffile.TiffFile(path) as file:
        assert file.pages.first.photometric.name == "CFA"
