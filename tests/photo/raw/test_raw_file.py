from __future__ import annotations

from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import rawpy
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from mosaics import raw_photo
from PIL import Image, ImageOps
from places import SHARED
from skimage import data

from opticalzoom.errors import OutputExistsError, PhotoError, ShapeError
from opticalzoom.photo.colour.srgb import srgb_to_camera
from opticalzoom.photo.metadata import Metadata, read_metadata
from opticalzoom.photo.orientation import as_stored, upright
from opticalzoom.photo.photograph import from_float
from opticalzoom.photo.raw.dng import write_dng
from opticalzoom.photo.raw.libraw import is_raw
from opticalzoom.photo.raw.mosaic import PATTERNS, channel_gains, mosaic_of
from opticalzoom.photo.raw.raw_file import (
    RawPhoto,
    develop,
    read_preview,
    read_raw,
    render,
)

GAINS = np.array([2.1, 1.0, 1.6])
MATRIX = np.array([[1.6, -0.4, -0.2], [-0.2, 1.5, -0.3], [0.0, -0.5, 1.5]])
MOSAICS = SHARED / "data" / "raw"
needs_shared = pytest.mark.skipif(not MOSAICS.is_dir(), reason="the real mosaics are not on this machine")


def shot(height: int = 120, width: int = 160, orientation: int = 1) -> RawPhoto:
    """What a camera with these gains and this matrix would have recorded of a photograph, smoothed."""
    picture = cv2.GaussianBlur(data.coffee()[:height, :width], (0, 0), 2).astype(np.float32) / 255
    camera = np.clip(srgb_to_camera(picture, MATRIX), 0, 1)
    return RawPhoto(mosaic_of(camera) / channel_gains(GAINS, height, width), GAINS, MATRIX, orientation)


@pytest.fixture
def dng(tmp_path) -> Path:
    write_dng(tmp_path / "a.dng", shot())
    return tmp_path / "a.dng"


def test_a_dng_gives_back_what_was_written(tmp_path):
    raw = shot(orientation=8)
    raw.mosaic[:2, :2] = -0.01  # noise below black
    write_dng(tmp_path / "a.dng", raw)
    back = read_raw(tmp_path / "a.dng")
    assert back.mosaic.shape == raw.mosaic.shape
    assert np.abs(back.mosaic - raw.mosaic).max() < 0.51 / 63487
    assert np.allclose(back.white_balance, raw.white_balance, atol=1e-5)
    assert np.allclose(back.matrix, raw.matrix, atol=1e-3)
    assert back.orientation == 8


def test_writing_what_was_read_loses_nothing(dng, tmp_path):
    write_dng(tmp_path / "b.dng", read_raw(dng))
    assert np.array_equal(read_raw(dng).mosaic, read_raw(tmp_path / "b.dng").mosaic)


def test_a_dng_tells_what_the_camera_wrote(tmp_path):
    time = datetime(2024, 5, 1, 10, 2, 3, 250000)
    metadata = Metadata("SONY ILCE-7RM2", "FE 24-240mm", 35.5, 36.0, time, 6, 1 / 125, 5.6, 200)
    write_dng(tmp_path / "a.dng", shot(), metadata)
    assert read_metadata(tmp_path / "a.dng") == metadata
    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        assert raw.other.focal_length == pytest.approx(35.5)
        assert raw.lens.model == "FE 24-240mm"


def test_a_dng_is_not_replaced_unasked(dng):
    with pytest.raises(OutputExistsError):
        write_dng(dng, shot())
    write_dng(dng, shot(60, 80), overwrite=True)
    assert read_raw(dng).mosaic.shape == (60, 80)


def test_rendering_gives_the_photograph_back():
    picture = cv2.GaussianBlur(data.coffee()[:120, :160], (0, 0), 2) / 255
    error = np.abs(render(shot()) - picture)[4:-4, 4:-4]
    assert np.median(error) < 0.003
    assert np.percentile(error, 99) < 0.06  # where it is dark, sRGB's curve is steep


def test_rendering_has_librawls_colours(dng):
    with rawpy.imread(str(dng)) as raw:
        expected = raw.postprocess(
            use_camera_wb=True, no_auto_bright=True, gamma=(2.4, 12.92), output_bps=16, user_flip=0
        )
    assert np.abs(render(read_raw(dng)) - expected / 65535).mean() < 0.01


def test_blown_highlights_are_white():
    raw = RawPhoto(np.ones((8, 8), np.float32), GAINS, MATRIX)
    assert np.allclose(render(raw), 1, atol=1e-5)
    assert np.allclose(render(raw, linear=True), 1, atol=1e-5)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["SHORT", "LONG"])
def test_a_raw_file_is_turned_by_what_its_exif_says(tmp_path, orientation, kind):
    """As LibRaw does, which reads SHORT only, and as Pillow does with the picture that the camera put into the file."""
    raw, path = shot(60, 80), tmp_path / "a.dng"
    write_dng(path, raw, Metadata(orientation=orientation))
    if kind == "LONG":
        written = path.read_bytes()
        entry = (274).to_bytes(2, "little") + b"\3\0"
        path.write_bytes(written.replace(entry, entry[:2] + b"\4\0"))
    assert (read_raw(path).orientation, read_metadata(path).orientation) == (orientation, orientation)
    with rawpy.imread(str(path)) as theirs:
        expected = theirs.postprocess(use_camera_wb=True, no_auto_bright=True, half_size=True)[..., 1]
    ours = develop(read_raw(path)).pixels[..., 1]

    def alike(further: int) -> float:
        turned = cv2.resize(upright(ours, further), expected.shape[::-1], interpolation=cv2.INTER_AREA)
        return np.corrcoef(turned.ravel(), expected.ravel())[0, 1]

    assert max(range(1, 9), key=alike) == 1
    assert alike(1) > 0.95


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright_as_pillow_does(orientation):
    picture = np.random.default_rng(0).integers(0, 255, (4, 6, 3), np.uint8)
    image = Image.fromarray(picture)
    image.getexif()[0x0112] = orientation
    assert np.array_equal(upright(picture, orientation), np.asarray(ImageOps.exif_transpose(image)))
    assert np.array_equal(as_stored(upright(picture, orientation), orientation), picture)


def test_developing_gives_a_photo_of_16_bits_upright():
    photo = develop(shot(orientation=6))
    assert photo.pixels.shape == (160, 120, 3)
    assert photo.pixels.dtype == np.uint16
    assert np.array_equal(photo.pixels, np.rot90(from_float(render(shot()), np.uint16), -1))


@given(st.sampled_from(PATTERNS))
def test_bare_mosaics_of_all_phases_agree(pattern):
    whole = np.tile(np.array([[600, 2000], [2000, 15520]], np.uint16), (6, 6))
    row, column = divmod(pattern.index("R"), 2)
    raw = raw_photo(whole[row : row + 9, column : column + 9], pattern, 600, 15520, white_balance=(4, 2, 6))
    assert raw.mosaic.shape[0] % 2 == raw.mosaic.shape[1] % 2 == 0
    assert raw.mosaic[0, 0] == 0
    assert raw.mosaic[1, 1] == 1
    assert raw.white_balance.tolist() == [2, 1, 3]


def test_parts_are_cut_by_whole_cells():
    raw = shot()
    assert np.array_equal(raw.crop(slice(2, 6), slice(4, 10)).mosaic, raw.mosaic[2:6, 4:10])
    for rows in (slice(1, 5), slice(2, 5)):
        with pytest.raises(ShapeError, match="even"):
            raw.crop(rows, slice(0, 4))


def test_a_file_of_ours_has_no_preview(dng):
    assert read_preview(dng) is None


@pytest.mark.parametrize("part", [0.0, 0.01, 0.1, 0.3, 0.6, 0.95, 0.999])
def test_a_file_cut_short_is_refused(dng, part):
    whole = dng.read_bytes()
    dng.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(PhotoError) as error:
        read_raw(dng)
    assert "Copy it again" in str(error.value)


@pytest.mark.parametrize("content", [b"just a text\n", b"\xff\xd8\xff\xe0" + bytes(100), bytes(1000)])
def test_another_file_with_the_suffix_of_a_raw_is_refused(tmp_path, content):
    path = tmp_path / "a.ARW"
    path.write_bytes(content)
    assert is_raw(path)
    with pytest.raises(PhotoError, match=r"a\.ARW"):
        read_raw(path)


def test_missing_files_and_folders_are_refused(tmp_path):
    for path, message in ((tmp_path / "no.nef", "is not there"), (tmp_path, "is a folder")):
        with pytest.raises(PhotoError, match=message):
            read_raw(path)


def test_a_dng_that_is_interpolated_already_says_what_to_do(tmp_path):
    tags = [
        (50706, 1, 4, bytes((1, 4, 0, 0)), True),
        (50708, 2, 5, b"Test\0", True),
        (50721, 10, 9, tuple(int(v) for i in np.eye(3).flatten() for v in (i, 1)), True),
    ]
    pixels = np.random.default_rng(0).integers(0, 65535, (64, 64, 3), np.uint16)
    tifffile.imwrite(tmp_path / "linear.dng", pixels, photometric=34892, metadata=None, extratags=tags)
    with pytest.raises(PhotoError, match="16-bit TIFF"):
        read_raw(tmp_path / "linear.dng")


@needs_shared
def test_a_real_file_is_normalised_by_its_own_levels_and_has_librawls_colours():
    path = MOSAICS / "Blackmagic.dng"
    raw = read_raw(path)
    assert raw.mosaic.shape == (2176, 4128)
    with rawpy.imread(str(path)) as reference:
        values = reference.raw_image_visible
        assert np.allclose(raw.mosaic, (values.astype(np.float64) - 512) / (65535 - 512), atol=1e-6)
        expected = reference.postprocess(use_camera_wb=True, no_auto_bright=True, gamma=(2.4, 12.92), output_bps=16)
    assert raw.white_balance == pytest.approx([2.206, 1, 1.887], abs=1e-3)
    assert np.abs(render(raw) - expected / 65535).mean() < 0.005


@needs_shared
def test_the_four_phases_of_a_real_mosaic_develop_to_the_same_picture():
    raws = []
    for pattern in PATTERNS:
        values = np.fromfile(MOSAICS / f"rose_768x512_{pattern.lower()}.raw", "<u2").reshape(512, 768)
        raws.append(raw_photo(values, pattern, 600, 15520, white_balance=(1.9, 1, 1.6)))
    first = raws[0]
    for raw in raws[1:]:
        height, width = raw.mosaic.shape
        assert np.abs(raw.mosaic - first.mosaic[:height, :width]).mean() < 0.007
        assert np.abs(render(raw) - render(first)[:height, :width]).mean() < 0.02
