"""HEIC by pillow-heif and AVIF by libvips, against what was put into them."""

from __future__ import annotations

import io
import struct
import sys
from datetime import datetime

import numpy as np
import pytest
import pyvips
from PIL import Image
from profiles import rendered, rgb_profile

from opticalzoom.errors import DependencyError, PhotoError
from opticalzoom.photo.colour.told import told_by_codes
from opticalzoom.photo.metadata import read_metadata
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.size import read_size

pillow_heif = pytest.importorskip("pillow_heif")

ICC = rgb_profile(2.2, "p3")


def smooth(channels=3, dtype=np.uint8, height=64, width=96):
    rows, columns = np.mgrid[:height, :width] / width
    planes = [0.5 + 0.4 * np.sin(3 * rows + (c + 2) * columns) for c in range(channels)]
    return np.rint(np.stack(planes, -1) * np.iinfo(dtype).max).astype(dtype)


def exif_block(orientation=1):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Apple", orientation
    exif.get_ifd(0x8769).update({0x9003: "2024:05:06 07:08:09", 0x920A: 5.7})
    return exif.tobytes()


def write_heic(path, pixels):
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[pixels.shape[2]] + ";16" * (pixels.dtype == np.uint16)
    image = pillow_heif.from_bytes(mode=mode, size=pixels.shape[1::-1], data=pixels.tobytes())
    image.save(path, quality=-1, exif=exif_block(), icc_profile=ICC, chroma=444)


def write_avif(path, pixels, orientation=1):
    """By Pillow with 8 bits, by libvips with 10."""
    if pixels.dtype == np.uint8:
        picture = Image.fromarray(pixels if pixels.shape[2] > 1 else pixels[..., 0])
        picture.save(path, quality=100, subsampling="4:4:4", exif=exif_block(orientation), icc_profile=ICC)
    else:
        image = pyvips.Image.new_from_array(pixels).copy(interpretation="rgb16")
        image.heifsave(str(path), compression="av1", bitdepth=10, Q=100)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("suffix", "write"), [(".HEIC", write_heic), (".hif", write_heic), (".avif", write_avif)])
def test_eight_bits(tmp_path, suffix, write, channels):
    pixels = smooth(channels)
    write(tmp_path / f"a{suffix}", pixels)
    photo = read_photo(tmp_path / f"a{suffix}")
    assert photo.pixels.dtype == np.uint8
    assert np.abs(photo.pixels.astype(int) - pixels).mean() < 1.2
    assert photo.icc == ICC
    assert b"Apple" in photo.exif


@pytest.mark.parametrize(("suffix", "write"), [(".heic", write_heic), (".avif", write_avif)])
def test_ten_bits_fill_sixteen(tmp_path, suffix, write):
    pixels = smooth(3, np.uint16)
    pixels[:16], pixels[16:32] = 65535, 0
    write(tmp_path / f"a{suffix}", pixels)
    found = read_photo(tmp_path / f"a{suffix}").pixels
    assert found.dtype == np.uint16
    assert (found[4:12] == 65535).all()
    assert (found[20:28] == 0).all()
    assert len(np.unique(found)) > 256
    np.testing.assert_array_equal(found, np.rint(np.rint(found / 65535 * 1023) * 65535 / 1023))
    assert np.abs(found[40:].astype(int) - pixels[40:]).mean() < 257


def test_grey(tmp_path):
    write_heic(tmp_path / "a.heic", smooth(1))
    found = read_photo(tmp_path / "a.heic").pixels
    assert np.abs(found[..., :1].astype(int) - smooth(1)).mean() < 1.2


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_turned_once(tmp_path, suffix, orientation):
    path = tmp_path / f"a{suffix}"
    pixels = smooth()
    if suffix == ".heic":
        pillow_heif.register_heif_opener()
        Image.fromarray(pixels).save(path, quality=-1, chroma=444, exif=exif_block(orientation))
    else:
        write_avif(path, pixels, orientation)
    with Image.open(path) as theirs:
        expected = np.asarray(theirs.convert("RGB"))
    if suffix == ".avif":  # Pillow leaves turning to others
        expected = np.rot90(pixels, {1: 0, 3: 2, 6: -1, 8: 1}[orientation])
    photo = read_photo(path)
    assert photo.pixels.shape == expected.shape
    assert np.abs(photo.pixels.astype(int) - expected).mean() < 1.5
    assert read_size(path) == expected.shape[:2]
    assert read_metadata(path).orientation == 1
    loaded = Image.Exif()
    loaded.load(photo.exif)
    assert loaded[0x0112] == 1


@pytest.mark.parametrize(("suffix", "write"), [(".heic", write_heic), (".avif", write_avif)])
def test_metadata(tmp_path, suffix, write):
    write(tmp_path / f"a{suffix}", smooth())
    found = read_metadata(tmp_path / f"a{suffix}")
    assert (found.camera, found.focal_length, found.time) == ("Apple", 5.7, datetime(2024, 5, 6, 7, 8, 9))


@pytest.mark.parametrize("suffix", [".heic", ".avif"])
@pytest.mark.parametrize("kept", [0, 40, 0.5, 0.9])
def test_damaged_files(tmp_path, suffix, kept):
    path = tmp_path / f"a{suffix}"
    (write_heic if suffix == ".heic" else write_avif)(path, smooth())
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if 0 < kept < 1 else kept])
    with pytest.raises(PhotoError, match=f"a{suffix}: "):
        read_photo(path)


def test_without_the_extra_its_name_is_said(tmp_path, monkeypatch):
    write_heic(tmp_path / "a.heic", smooth())
    write_avif(tmp_path / "a.avif", smooth())
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(DependencyError, match=r'a\.heic: HEIC needs pillow-heif\. .*"opticalzoom\[heif\]"'):
        read_photo(tmp_path / "a.heic")
    assert read_photo(tmp_path / "a.avif").pixels.shape == (64, 96, 3)
    assert read_size(tmp_path / "a.heic") == (64, 96)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_refused(tmp_path, transfer, name):
    image = pillow_heif.from_bytes(mode="RGB;16", size=(96, 64), data=smooth(3, np.uint16).tobytes())
    image.save(tmp_path / "a.hif", transfer_characteristics=transfer)
    with pytest.raises(PhotoError, match=rf"is an HDR picture \({name}\)"):
        read_photo(tmp_path / "a.hif")


@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_colour_by_codes_becomes_a_profile(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    codes = {"color_primaries": 12, "transfer_characteristics": 13}
    image = pillow_heif.from_bytes(mode="RGB", size=(96, 64), data=smooth().tobytes())
    image.save(tmp_path / "a.heic", quality=-1, chroma=444, **codes)
    if suffix == ".avif":
        path.write_bytes(avif_with_codes(12, 13))
    photo = read_photo(path)
    assert photo.icc == told_by_codes(12, 13).profile(3)
    shown = rendered(photo.pixels, photo.icc) - rendered(smooth(), told_by_codes(12, 13).profile(3))
    assert np.abs(shown).mean() < 0.01


def avif_with_codes(primaries, transfer):
    """What Pillow writes, with other codes in its colour box."""
    file = io.BytesIO()
    Image.fromarray(smooth()).save(file, "AVIF", quality=100, subsampling="4:4:4")
    data = bytearray(file.getvalue())
    at = data.index(b"colrnclx") + 8
    data[at : at + 4] = struct.pack(">HH", primaries, transfer)
    return bytes(data)


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_in_avif_is_refused(tmp_path, transfer):
    (tmp_path / "a.avif").write_bytes(avif_with_codes(9, transfer))
    with pytest.raises(PhotoError, match="is an HDR picture"):
        read_photo(tmp_path / "a.avif")
