"""Photos that other programs wrote: depths, compressions, palettes, orientations."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers import noise
from photos import DEPTHS, RGB_ICC, SUFFIXES, camera_exif, png, smooth, tiff_bytes
from PIL import Image, ImageOps
from profiles import grey_profile, rendered, rgb_profile

from opticalzoom.errors import PhotoError
from opticalzoom.photo.colour.told import told_by_codes
from opticalzoom.photo.photograph import read_photo, to_float, write_photo


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiff_in_both_byte_orders_and_compressions(tmp_path, channels, compression, byteorder, dtype):
    pixels = noise(37, 53, channels, dtype=dtype)
    data = tiff_bytes(
        pixels if channels > 1 else pixels[..., 0],
        photometric="rgb" if channels > 1 else "minisblack",
        extrasamples=["unassalpha"] if channels == 4 else None,
        byteorder=byteorder,
        compression=compression,
        predictor=compression is not None,
    )
    (tmp_path / "a.tiff").write_bytes(data)
    np.testing.assert_array_equal(read_photo(tmp_path / "a.tiff").pixels, pixels)


@pytest.mark.parametrize("dtype", DEPTHS)
def test_unusual_tiffs(tmp_path, dtype):
    pixels, path = noise(21, 34, 3, dtype=dtype), tmp_path / "a.tif"
    largest = np.iinfo(dtype).max
    for data, expected in (
        (tiff_bytes(pixels.transpose(2, 0, 1), photometric="rgb", planarconfig="separate"), pixels),
        (tiff_bytes(pixels, photometric="rgb", tile=(16, 16)), pixels),
        (tiff_bytes(np.stack([pixels, pixels // 2]), photometric="rgb"), pixels),  # two pages: the first
        (tiff_bytes(pixels, photometric="rgb", bigtiff=True), pixels),
        (tiff_bytes(pixels[..., 0], photometric="miniswhite"), largest - pixels[..., :1]),
    ):
        path.write_bytes(data)
        np.testing.assert_array_equal(read_photo(path).pixels, expected)


def test_sixteen_bit_png_by_opencv_and_by_hand(tmp_path):
    for channels in (1, 3, 4):
        pixels = noise(21, 34, channels, dtype=np.uint16)
        cv2.imwrite(str(tmp_path / "a.png"), pixels[..., [2, 1, 0, 3][:channels] if channels > 1 else [0]])
        np.testing.assert_array_equal(read_photo(tmp_path / "a.png").pixels, pixels)
    pixels = noise(5, 7, 2, dtype=np.uint16)
    (tmp_path / "grey-alpha.png").write_bytes(png(pixels, 4, 16))
    np.testing.assert_array_equal(read_photo(tmp_path / "grey-alpha.png").pixels, pixels)


def test_palettes_one_bit_and_transparent_colours_are_expanded(tmp_path):
    rgb = Image.fromarray(smooth(24, 32, 3))
    palette = rgb.quantize(16)
    palette.save(tmp_path / "palette.png")
    palette.save(tmp_path / "transparent.png", transparency=3)
    palette.save(tmp_path / "palette.tif")
    rgb.convert("1").save(tmp_path / "bit.png")
    rgb.convert("1").save(tmp_path / "bit.tif", compression="group4")
    Image.fromarray(np.array([[0, 7, 255]], np.uint8)).save(tmp_path / "key.png", transparency=7)
    for name in ("palette.png", "palette.tif"):
        np.testing.assert_array_equal(read_photo(tmp_path / name).pixels, np.asarray(palette.convert("RGB")))
    alpha = read_photo(tmp_path / "transparent.png").alpha[..., 0]
    np.testing.assert_array_equal(alpha == 0, np.asarray(palette) == 3)
    for name in ("bit.png", "bit.tif"):
        np.testing.assert_array_equal(read_photo(tmp_path / name).pixels[..., 0], np.asarray(rgb.convert("1")) * 255)
    np.testing.assert_array_equal(read_photo(tmp_path / "key.png").pixels, [[[0, 255], [7, 0], [255, 255]]])


def test_cmyk_jpeg_becomes_rgb_without_its_profile(tmp_path):
    cmyk = Image.fromarray(smooth(24, 32, 3)).convert("CMYK")
    cmyk.save(tmp_path / "a.jpg", quality=100, subsampling=0, icc_profile=RGB_ICC)  # not one for CMYK
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.icc is None
    assert np.abs(photo.pixels.astype(int) - smooth(24, 32, 3)).mean() < 1.5


def shown(photo):
    return rendered(photo.pixels, photo.icc)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("depth", [8, 16])
def test_colour_by_chunks_is_shown_as_by_a_profile_and_kept_in_every_format(tmp_path, channels, depth):
    pixels = smooth(24, 32, channels, f"u{depth // 8}")
    linear = (b"gAMA", (100_000).to_bytes(4, "big"))
    (tmp_path / "a.png").write_bytes(png(pixels, {1: 0, 2: 4, 3: 2, 4: 6}[channels], depth, linear))
    photo = read_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(photo.pixels, pixels)
    expected = rendered(pixels, grey_profile(1.0) if channels < 3 else rgb_profile(1.0))
    assert np.abs(shown(photo) - expected).max() < 0.003
    if channels in (1, 3):
        for suffix in SUFFIXES:
            write_photo(tmp_path / f"b{suffix}", photo)
            with Image.open(tmp_path / f"b{suffix}") as theirs:
                kept, mode = np.asarray(theirs), theirs.mode
                icc = theirs.info["icc_profile"]
            if mode in ("L", "RGB") and suffix != ".webp":
                kept = kept if kept.ndim == 3 else kept[..., None]
                assert np.abs(rendered(kept, icc).mean() - expected.mean()) < 0.01


def test_codes_in_png(tmp_path):
    for transfer, name in ((16, "PQ"), (18, "HLG")):
        (tmp_path / "a.png").write_bytes(png(smooth(24, 32, 3), 2, 8, (b"cICP", bytes((9, transfer, 0, 1)))))
        with pytest.raises(PhotoError, match=rf"is an HDR picture \({name}\)"):
            read_photo(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(png(smooth(24, 32, 3), 2, 8, (b"cICP", bytes((12, 13, 0, 1)))))
    assert read_photo(tmp_path / "a.png").icc == told_by_codes(12, 13).profile(3)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".png"])
def test_adobe_rgb_as_cameras_say_it(tmp_path, suffix):
    made = Image.Exif()
    made.get_ifd(0x8769).update({0xA001: 65535, 0xA005: {1: "R03"}})
    Image.fromarray(smooth(24, 32, 3)).save(tmp_path / f"a{suffix}", exif=made.tobytes(), quality=100)
    photo = read_photo(tmp_path / f"a{suffix}")
    assert np.abs(shown(photo) - rendered(photo.pixels, rgb_profile(2.2, "adobe"))).max() < 0.01
    Image.fromarray(smooth(24, 32, 3)).save(tmp_path / f"a{suffix}", exif=made.tobytes(), icc_profile=RGB_ICC)
    assert read_photo(tmp_path / f"a{suffix}").icc == RGB_ICC


def test_a_jpeg_with_a_second_picture_gives_the_first(tmp_path):
    first, second = (Image.fromarray(smooth(24, 32, 3)[:, ::step]) for step in (1, 2))
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second], quality=100, subsampling=0)
    assert np.abs(read_photo(tmp_path / "a.jpg").pixels.astype(int) - smooth(24, 32, 3)).mean() < 1.5


@pytest.mark.parametrize("orientation", range(9))
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_orientation_is_applied_once(tmp_path, suffix, depth, orientation):
    pixels, path = smooth(24, 40, 3, depth), tmp_path / f"a{suffix}"
    expected = Image.fromarray(smooth(24, 40, 3))
    expected.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(expected))
    if suffix == ".tif":
        path.write_bytes(tiff_bytes(pixels, photometric="rgb", extratags=[(274, "H", 1, orientation)]))
    else:
        block = camera_exif(orientation)
        if suffix == ".png" and depth == np.uint16:
            path.write_bytes(png(pixels, 2, 16, (b"eXIf", block)))
        else:
            options = {".jpg": {"quality": 100, "subsampling": 0}, ".webp": {"lossless": True}}.get(suffix, {})
            Image.fromarray(smooth(24, 40, 3)).save(path, exif=b"Exif\0\0" + block, **options)
    photo = read_photo(path)
    assert photo.pixels.shape == expected.shape
    assert np.abs(to_float(photo.pixels) * 255 - expected).max() < (8 if suffix == ".jpg" else 1)
    write_photo(tmp_path / "again.png", photo)
    np.testing.assert_array_equal(read_photo(tmp_path / "again.png").pixels, photo.pixels)
