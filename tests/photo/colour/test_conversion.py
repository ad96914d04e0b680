"""CMYK and CIELAB, against Pillow's Little CMS and the formulas."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pytest
import tifffile
from photos import smooth
from PIL import Image, ImageCms
from places import SHARED

from opticalzoom.photo.colour.conversion import srgb_image
from opticalzoom.photo.photograph import read_photo, write_photo
from opticalzoom.photo.reader import open_photo

SRGB = ImageCms.createProfile("sRGB")
FILES = SHARED / "data" / "files"


@pytest.fixture(scope="module")
def cmyk_profile():
    """Of a press; nothing here can build one."""
    source = FILES / "cmyk-with-profile.jpg"
    if not source.is_file():
        pytest.skip("no CMYK profile is on this machine")
    with Image.open(source) as picture:
        return picture.info["icc_profile"]


def lab_to_srgb(lab):
    """CIE's formulas for D50, and Bradford's way to D65 (Lindbloom's matrix)."""
    middle = (lab[..., 0] + 16) / 116
    parts = np.stack([middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200], -1)
    xyz = np.where(parts > 6 / 29, parts**3, 3 * (6 / 29) ** 2 * (parts - 4 / 29)) * (0.9642, 1, 0.8249)
    red, green, blue = (3.1338561, -1.6168667, -0.4906146), (-0.9787684, 1.9161415, 0.033454), (0.0719, -0.229, 1.4052)
    linear = (xyz @ np.transpose([red, green, blue])).clip(0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def lab_picture():
    rows, columns = np.mgrid[:24, :32] / 32
    return np.stack([30 + 60 * rows, 20 * np.sin(5 * columns), 25 * np.cos(4 * rows + columns)], -1)


def test_sixteen_bit_cielab(tmp_path):
    lab = lab_picture()
    stored = np.stack([lab[..., 0] * 655.35, lab[..., 1] * 256, lab[..., 2] * 256], -1).round().astype(np.int64) & 65535
    tifffile.imwrite(tmp_path / "a.tif", stored.astype(np.uint16), photometric=8, compression="zlib")
    photo = read_photo(tmp_path / "a.tif")
    assert (photo.pixels.dtype, photo.icc) == (np.uint16, None)
    assert np.abs(photo.pixels / 65535 - lab_to_srgb(lab)).max() < 0.002


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_deflate"])
def test_eight_bit_cielab(tmp_path, compression):
    source = Image.fromarray(smooth(24, 32, 3))
    lab = ImageCms.profileToProfile(source, SRGB, ImageCms.createProfile("LAB"), outputMode="LAB")
    lab.save(tmp_path / "a.tif", compression=compression)
    with Image.open(tmp_path / "a.tif") as picture:
        lightness, red, blue = (np.asarray(plane).astype(float) for plane in picture.split())
    expected = lab_to_srgb(np.dstack([lightness * (100 / 255), red - 128, blue - 128]))
    assert np.abs(read_photo(tmp_path / "a.tif").pixels / 255 - expected).max() < 0.012


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile(tmp_path, cmyk_profile, kind):
    cmyk = Image.fromarray(smooth(24, 32, 3)).convert("CMYK")
    path = tmp_path / {"JPEG": "a.jpg", "TIFF": "a.tif"}[kind]
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    cmyk.save(path, kind, icc_profile=cmyk_profile, **options)
    with Image.open(path) as picture:
        theirs = ImageCms.profileToProfile(picture, io.BytesIO(cmyk_profile), SRGB, outputMode="RGB")
    photo = read_photo(path)
    assert photo.icc is None
    assert np.abs(photo.pixels.astype(int) - np.asarray(theirs)).max() <= 1
    write_photo(tmp_path / "again.png", photo)
    assert "icc_profile" not in Image.open(tmp_path / "again.png").info
    ours = srgb_image(Image.open(path))
    assert (ours.mode, "icc_profile" in ours.info) == ("RGB", False)
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_sixteen_bit_cmyk(tmp_path, cmyk_profile):
    ink = np.asarray(Image.fromarray(smooth(24, 32, 3)).convert("CMYK")).astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", ink, photometric="separated", iccprofile=cmyk_profile)
    spaces = {"colorspace": "cmyk", "outcolorspace": "rgb", "outdtype": "float32"}
    theirs = imagecodecs.cms_transform(ink, cmyk_profile, imagecodecs.cms_profile("srgb"), **spaces)
    assert np.abs(read_photo(tmp_path / "a.tif").pixels / 65535 - theirs).max() < 0.01


@pytest.mark.parametrize("icc", [None, b"damaged" * 30, bytes(16) + b"CMYK" + bytes(200)])
def test_cmyk_without_a_usable_profile_says_so(tmp_path, icc):
    cmyk = Image.fromarray(smooth(24, 32, 3)).convert("CMYK")
    cmyk.save(tmp_path / "a.jpg", quality=100, subsampling=0, icc_profile=icc)
    with open_photo(tmp_path / "a.jpg") as reader:
        assert any("rule of thumb" in note for note in reader.notes)
        pixels = reader.read(slice(0, 24), slice(0, 32))
    assert np.abs(pixels.astype(int) - smooth(24, 32, 3)).mean() < 1.5
    assert np.asarray(srgb_image(Image.open(tmp_path / "a.jpg"))).shape == (24, 32, 3)
