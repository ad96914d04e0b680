from __future__ import annotations

import errno
import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.io
import tifffile
from helpers import noise
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from opticalzoom.errors import OutputExistsError, PhotoError
from opticalzoom.photo import photograph as image
from opticalzoom.photo.encode import to_eight_bit
from opticalzoom.photo.photograph import Photo, find_photos, from_float, read_photo, to_float, write_photo

LOSSLESS = (".png", ".tif")
SUFFIXES = (*LOSSLESS, ".jpg", ".webp")
DEPTHS = (np.uint8, np.uint16)
RGB_ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY_ICC = RGB_ICC[:16] + b"GRAY" + RGB_ICC[20:]


def smooth(height, width, channels, dtype=np.uint8):
    y, x = np.mgrid[:height, :width] / max(height, width)
    planes = [0.5 + 0.4 * np.sin(3 * (c + 1) * y + 2 * x) for c in range(channels)]
    return np.rint(np.stack(planes, -1) * np.iinfo(dtype).max).astype(dtype)


def camera_exif(orientation=1):
    made = Image.Exif()
    made[0x010F], made[0x0110], made[0x0112], made[0x0132] = "Nikon", "D780", orientation, "2024:05:06 07:08:09"
    made.get_ifd(0x8769).update({0x829A: 1 / 250, 0x920A: 85.0, 0xA434: "85 mm f/1.8", 0xA002: 9, 0xA003: 9})
    made.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 1.5), 3: "E", 4: (8.0, 32.0, 0.0)})
    return made.tobytes().removeprefix(b"Exif\0\0")


def png(pixels, colour_type, depth, *extra):
    """An unfiltered PNG by hand, for kinds that no library here writes."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + row.astype(f">u{depth // 8}").tobytes() for row in pixels)
    size = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], depth, colour_type, 0, 0, 0)
    chunks = [chunk(b"IHDR", size), *(chunk(*e) for e in extra), chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def pixels_by_another_reader(path, dtype):
    """H×W×C as read without our code: tifffile, OpenCV for 16-bit PNG, else scikit-image."""
    if path.suffix == ".tif":
        pixels = tifffile.imread(path)
    elif dtype == np.uint16:
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        pixels = pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    else:
        pixels = skimage.io.imread(path)
    return pixels if pixels.ndim == 3 else pixels[..., None]


# --- round trips


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_give_back_the_same_pixels(tmp_path, suffix, dtype, channels):
    pixels = noise(37, 53, channels, dtype=dtype)
    write_photo(tmp_path / f"a{suffix}", Photo(pixels))
    back = read_photo(tmp_path / f"a{suffix}").pixels
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, pixels)
    if (suffix, dtype, channels) == (".png", np.uint16, 2):
        pixels = pixels[..., [0, 0, 0, 1]]  # what OpenCV makes of grey with alpha
    np.testing.assert_array_equal(pixels_by_another_reader(tmp_path / f"a{suffix}", dtype), pixels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats_give_back_nearly_the_same_pixels(tmp_path, suffix, dtype, channels):
    pixels = smooth(64, 96, channels, dtype)
    if channels in (2, 4):
        pixels[..., -1] = np.iinfo(dtype).max
    write_photo(tmp_path / f"a{suffix}", Photo(pixels))
    back = read_photo(tmp_path / f"a{suffix}")
    expected = np.rint(to_float(Photo(pixels).color) * 255)
    kept = {".jpg": {1: 1, 2: 1, 3: 3, 4: 3}, ".webp": {1: 3, 2: 3, 3: 3, 4: 3}}[suffix][channels]
    assert back.pixels.dtype == np.uint8
    assert back.color.shape == (64, 96, kept)
    assert np.abs(back.color.astype(int) - expected).mean() < 1.5


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from([1, 3, 4]),
    st.sampled_from(DEPTHS),
    st.sampled_from(SUFFIXES),
)
def test_any_size(tmp_path_factory, height, width, channels, dtype, suffix):
    path = tmp_path_factory.mktemp("size") / f"a{suffix}"
    pixels = noise(height, width, channels, dtype=dtype)
    write_photo(path, Photo(pixels, camera_exif()))
    back = read_photo(path).pixels
    assert back.shape[:2] == (height, width)
    if suffix in LOSSLESS:
        np.testing.assert_array_equal(back, pixels)


def test_webp_keeps_alpha(tmp_path):
    pixels = smooth(32, 48, 4)
    write_photo(tmp_path / "a.webp", Photo(pixels))
    np.testing.assert_array_equal(read_photo(tmp_path / "a.webp").alpha, pixels[..., 3:])


def test_jpeg_lays_transparency_on_white(tmp_path):
    pixels = np.zeros((16, 32, 4), np.uint16)
    pixels[:, :16, 3] = 65535
    write_photo(tmp_path / "a.jpg", Photo(pixels))
    back = read_photo(tmp_path / "a.jpg").pixels
    np.testing.assert_allclose(back[:, :8], 0, atol=2)
    np.testing.assert_allclose(back[:, -8:], 255, atol=2)


def test_sixteen_bits_are_rounded_to_eight():
    every = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(to_eight_bit(every), np.rint(every / 257))


def test_quality_counts(tmp_path):
    for quality in (30, 95):
        write_photo(tmp_path / f"{quality}.jpg", Photo(noise(64, 64, 3, dtype=np.uint8)), quality=quality)
    assert (tmp_path / "30.jpg").stat().st_size < (tmp_path / "95.jpg").stat().st_size / 2


# --- reading what others wrote


def tiff_bytes(pixels, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    return file.getvalue()


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
    cmyk.save(tmp_path / "a.jpg", quality=100, subsampling=0, icc_profile=RGB_ICC[:16] + b"CMYK" + RGB_ICC[20:])
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.icc is None
    assert np.abs(photo.pixels.astype(int) - smooth(24, 32, 3)).mean() < 1.5


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


# --- metadata


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
    made.get_ifd(0x8769)[0x927C] = b"x" * 70_000
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


# --- values


@pytest.mark.parametrize("dtype", DEPTHS)
def test_float_and_back_is_exact_for_every_value(dtype):
    every = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    floats = to_float(every)
    assert floats.dtype == np.float32
    assert (floats[0], floats[-1]) == (0, 1)
    np.testing.assert_array_equal(from_float(floats, dtype), every)


def test_floats_stay_floats():
    values = np.array([0.25, -1, 2, np.nan])
    assert to_float(values).dtype == np.float32
    np.testing.assert_array_equal(from_float(to_float(values), np.dtype(np.float32)), np.float32([0.25, 0, 1, 0]))


def test_from_float_rounds_clips_and_survives_nan():
    values = np.array([-1, 0.4 / 255, 0.6 / 255, 2, np.nan, np.inf, -np.inf], np.float32)
    np.testing.assert_array_equal(from_float(values, np.uint8), [0, 0, 1, 255, 0, 255, 0])


def test_photo_parts():
    pixels = noise(3, 4, 4, dtype=np.uint8)
    photo = Photo(pixels, b"e", b"i")
    assert photo.color.base is not None
    np.testing.assert_array_equal(np.concatenate([photo.color, photo.alpha], -1), pixels)
    larger = photo.replace(noise(6, 8, 1, dtype=np.uint16))
    assert (larger.color.shape, larger.alpha, larger.exif, larger.icc) == ((6, 8, 1), None, b"e", b"i")
    assert Photo(noise(3, 4, 2, dtype=np.uint8)).color.shape == (3, 4, 1)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((3, 4), np.uint8), np.zeros((3, 4, 5), np.uint8), np.zeros((3, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_photo_refuses_other_arrays(pixels):
    with pytest.raises(PhotoError, match="expected uint8 or uint16 H×W×C"):
        Photo(pixels)


# --- bad input


def test_missing_empty_text_and_unknown_files(tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("This is no photo.\n" * 99)
    (tmp_path / "text.tif").write_text("II*, a poem")
    (tmp_path / "folder.png").mkdir()
    for name, cause in (
        ("missing.jpg", "No such file"),
        ("empty.jpg", "is empty"),
        ("text.jpg", "no whole PNG, JPEG, TIFF, WebP, HEIC or AVIF"),
        ("text.tif", "cannot be decoded"),
        ("folder.png", "cannot be read"),
        ("photo.xyz", "use one of|Use one of"),
    ):
        with pytest.raises(PhotoError, match=cause) as caught:
            read_photo(tmp_path / name)
        assert caught.value.path == tmp_path / name
        assert caught.value.remedy
        assert "object at 0x" not in str(caught.value)


@pytest.mark.parametrize("cut", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_truncated_photos_are_refused(tmp_path, suffix, dtype, cut):
    write_photo(tmp_path / f"a{suffix}", Photo(noise(64, 64, 3, dtype=dtype), camera_exif()))
    data = (tmp_path / f"a{suffix}").read_bytes()
    (tmp_path / f"cut{suffix}").write_bytes(data[: int(len(data) * cut)])
    with pytest.raises(PhotoError, match="cannot be decoded"):
        read_photo(tmp_path / f"cut{suffix}")


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
@pytest.mark.parametrize("dtype", DEPTHS)
def test_truncated_tiff_with_its_directory_in_front_is_refused(tmp_path, dtype, compression):
    data = tiff_bytes(noise(64, 64, 3, dtype=dtype), photometric="rgb", compression=compression, rowsperstrip=8)
    (tmp_path / "a.tif").write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(PhotoError, match="cannot be decoded"):
        read_photo(tmp_path / "a.tif")


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_damage_gives_a_photo_or_our_error(tmp_path_factory, data):
    suffix, dtype = data.draw(st.sampled_from(SUFFIXES)), data.draw(st.sampled_from(DEPTHS))
    path = tmp_path_factory.mktemp("damage") / f"a{suffix}"
    write_photo(path, Photo(smooth(16, 16, 3, dtype), camera_exif(), RGB_ICC))
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    blamed = path
    try:
        read_photo(path)
    except PhotoError as error:
        blamed = error.path
    assert blamed == path


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 3)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int32, np.uint32])
def test_other_sample_types_are_named(tmp_path, dtype, shape):
    kind = "rgb" if len(shape) == 3 else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", np.ones(shape, dtype), photometric=kind)
    with pytest.raises(PhotoError, match=f"{np.dtype(dtype)}, expected 8 or 16-bit integers"):
        read_photo(tmp_path / "a.tif")


def test_two_hundred_megapixels_pass_pillows_limit(tmp_path, recwarn):
    Image.new("1", (16_384, 12_288)).save(tmp_path / "large.png")
    before = Image.MAX_IMAGE_PIXELS
    assert read_photo(tmp_path / "large.png").pixels.shape == (12_288, 16_384, 1)
    assert before == Image.MAX_IMAGE_PIXELS
    assert not recwarn.list


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_header_that_claims_terapixels_is_refused(tmp_path, suffix):
    if suffix == ".png":
        head = struct.pack(">IIBBBBB", 10**6, 10**6, 8, 2, 0, 0, 0)
        chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
        data = b"\x89PNG\r\n\x1a\n" + chunk
        data += struct.pack(">I", 4) + b"IDAT" + bytes(4) + struct.pack(">I", zlib.crc32(b"IDAT" + bytes(4)))
    else:
        data = tiff_bytes(noise(8, 9, 3, dtype=np.uint16), photometric="rgb")
        for tag in (256, 257):
            at = data.index(struct.pack("<HHI", tag, 4, 1)) + 8
            data = data[:at] + struct.pack("<I", 10**6) + data[at + 4 :]
    (tmp_path / f"a{suffix}").write_bytes(data)
    with pytest.raises(PhotoError, match="pixels"):
        read_photo(tmp_path / f"a{suffix}")


# --- writing


def test_existing_output_is_kept_unless_overwritten(tmp_path):
    path = tmp_path / "a.png"
    write_photo(path, Photo(noise(3, 4, 3, dtype=np.uint8)))
    before = path.read_bytes()
    with pytest.raises(OutputExistsError):
        write_photo(path, Photo(noise(5, 6, 3, dtype=np.uint8)))
    assert path.read_bytes() == before
    write_photo(path, Photo(noise(5, 6, 3, dtype=np.uint8)), overwrite=True)
    assert read_photo(path).pixels.shape == (5, 6, 3)


def test_full_disk_leaves_nothing(tmp_path, monkeypatch):
    if not Path("/dev/full").exists():
        pytest.skip("/dev/full is a device of Linux")

    def half_then_full(path, *_):
        path.write_bytes(b"half")
        with open("/dev/full", "wb", buffering=0) as file:  # noqa: PTH123 - the file system's own refusal
            file.write(b"full")

    monkeypatch.setattr(image, "encode", half_then_full)
    with pytest.raises(PhotoError, match=r"out\.tif: cannot be written: No space left.*Free some space") as caught:
        write_photo(tmp_path / "out.tif", Photo(noise(30, 40, 3, dtype=np.uint16)))
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_unwritable_folder_unknown_suffix_and_too_large(tmp_path):
    photo = Photo(noise(3, 4, 3, dtype=np.uint8))
    (tmp_path / "file").write_text("")
    with pytest.raises(PhotoError, match="cannot be written"):
        write_photo(tmp_path / "file" / "a.png", photo)
    for name in ("a.bmp", "a"):
        with pytest.raises(PhotoError, match=r"Use one of \.png"):
            write_photo(tmp_path / name, photo)
    with pytest.raises(PhotoError, match=r"16384×1 pixels, WEBP takes at most 16383.*\.png"):
        write_photo(tmp_path / "a.webp", Photo(np.zeros((1, 16384, 3), np.uint8)))
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


# --- finding


def test_find_photos(tmp_path):
    for name in ("b.JPG", "a.tiff", "notes.txt", "._a.jpg", "c.webp"):
        (tmp_path / name).write_text("")
    (tmp_path / "folder.png").mkdir()
    names = [path.name for path in find_photos([tmp_path / "c.webp", tmp_path])]
    assert names == ["c.webp", "a.tiff", "b.JPG"]
    with pytest.raises(PhotoError, match="is not there"):
        find_photos([tmp_path / "gone"])
    with pytest.raises(PhotoError, match="holds no photos"):
        find_photos([tmp_path / "folder.png"])
