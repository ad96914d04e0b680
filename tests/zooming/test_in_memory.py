"""Tiles against the untiled network, and the verb on tiny photos with tiny random weights."""

from __future__ import annotations

import errno
from itertools import product, starmap

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from zooms import zoom_photo

from opticalzoom.cli.main import main
from opticalzoom.engines.checkpoint import save_model
from opticalzoom.errors import ConfigError, ModelError, PhotoError
from opticalzoom.models import build
from opticalzoom.photo import encode
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.photo.window import Window, spans
from opticalzoom.weights import card
from opticalzoom.weights.card import ModelCard
from opticalzoom.zooming import jobs as zoom_jobs
from opticalzoom.zooming import zoomer
from opticalzoom.zooming.in_memory import zoom

ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SIDES = st.integers(1, 40)


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def network(name="sdan_lite", scale=3, input="rgb"):
    torch.manual_seed(0)
    return build(name, scale=scale, input=input, features=8, blocks=1).eval()


def photo_pixels(height, width, channels=3, dtype=np.uint16):
    """Noise within the middle of the range, so that no result is clipped."""
    largest = np.iinfo(dtype).max
    return np.random.default_rng(height * width).integers(
        largest // 4, 3 * largest // 4, (height, width, channels), dtype
    )


def untiled(model, pixels):
    """The network on the whole picture in one go, in units of the dtype's steps; for one or three channels."""
    steps = np.iinfo(pixels.dtype).max
    x = torch.from_numpy((pixels / steps).astype(np.float32)).permute(2, 0, 1)[None]
    x = x.repeat(1, 3 // x.shape[1], 1, 1)
    if model.contract.input == "resized":
        x = torch.nn.functional.interpolate(x, scale_factor=model.contract.scale, mode="bicubic").clamp(0, 1)
    with torch.inference_mode():
        whole = model.forward_unaligned(x).image[0].permute(1, 2, 0).numpy()
    return np.clip(whole, 0, 1) * steps


# --- tiles


@given(height=SIDES, width=SIDES, tile=st.integers(1, 50))
def test_windows_cover_every_pixel_once(height, width, tile):
    covered = np.zeros((height, width), int)
    for window in starmap(Window, product(spans(0, height, tile), spans(0, width, tile))):
        assert 0 < covered[window].size <= tile**2
        covered[window] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize("tile", [0, -5])
def test_no_tile_without_pixels(tile):
    with pytest.raises(ConfigError, match="at least 1"):
        spans(0, 5, tile)


@pytest.mark.parametrize("name", ["sdan_lite", "srresnet_lite", "sdan"])
@pytest.mark.parametrize("input", ["rgb", "resized"])
@settings(max_examples=12, deadline=None, derandomize=True)
@given(height=SIDES, width=SIDES, tile=st.integers(5, 20), scale=st.sampled_from([2, 3]))
def test_tiled_equals_untiled(name, input, height, width, tile, scale):
    model = network(name, scale, input)
    pixels = photo_pixels(height, width)
    zoomed = zoom(model, pixels, tile=tile)
    assert zoomed.shape == (height * scale, width * scale, 3)
    assert zoomed.dtype == np.uint16
    # Rounding takes half a step of 1/65535, the order of the network's additions the rest.
    assert np.abs(zoomed - untiled(model, pixels)).max() <= 0.5 + 0.6


@pytest.mark.parametrize(("height", "width"), [(1, 90), (90, 1), (2, 70)])
def test_strips(height, width):
    model = network()
    pixels = photo_pixels(height, width)
    assert np.abs(zoom(model, pixels, tile=16) - untiled(model, pixels)).max() <= 1.1


def test_overlap_is_needed():
    """The comparison above sees the seams of tiles that know less than the receptive field."""
    model = network()
    pixels = photo_pixels(20, 20)
    model.contract = model.contract.looking(1)
    assert np.abs(zoom(model, pixels, tile=7) - untiled(model, pixels)).max() > 20


def test_raw_weights_are_refused():
    with pytest.raises(ModelError, match="RAW"):
        zoom(network(input="raw"), photo_pixels(8, 8))


# --- pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_colours_and_depth(channels, dtype):
    model = network()
    pixels = photo_pixels(9, 12, channels, dtype)
    zoomed = zoom(model, pixels, tile=6)
    expected = untiled(model, pixels)
    expected = expected.mean(-1, keepdims=True) if channels == 1 else expected
    assert zoomed.shape == (27, 36, channels)
    assert zoomed.dtype == dtype
    assert np.abs(zoomed - expected).max() <= 1.1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_bicubic_and_leaves_the_colours_alone(channels, dtype):
    model = network()
    pixels = photo_pixels(7, 8, channels, dtype)
    zoomed = zoom(model, pixels)
    np.testing.assert_array_equal(zoomed[..., :-1], zoom(model, pixels[..., :-1]))
    alpha = torch.from_numpy(pixels[..., -1].astype(np.float64))[None, None]
    expected = torch.nn.functional.interpolate(alpha, scale_factor=3, mode="bicubic")[0, 0].numpy()
    limited = expected.clip(0, np.iinfo(dtype).max)
    # OpenCV computes 8-bit bicubic in fixed point, 16-bit in float32.
    assert np.abs(zoomed[..., -1] - limited).max() <= 1.5


def test_bicubic_model_is_bicubic():
    pixels = photo_pixels(6, 5)
    zoomed = zoom(build("bicubic", scale=4), pixels, tile=3)
    assert np.abs(zoomed - untiled(build("bicubic", scale=4), pixels)).max() <= 1.1


def test_progress_counts_tiles():
    seen = []
    zoom(network(), photo_pixels(10, 7), tile=5, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_input_is_left_alone():
    pixels = photo_pixels(5, 5)
    before = pixels.copy()
    zoom(network(), pixels)
    np.testing.assert_array_equal(pixels, before)


def test_floats_are_refused():
    with pytest.raises(PhotoError, match="uint8 or uint16"):
        zoom(network(), np.zeros((4, 4, 3)))


def test_more_than_the_memory_holds():
    huge = np.broadcast_to(np.uint16(0), (2**28, 2**28, 3))
    with pytest.raises(PhotoError, match="more than the memory holds"):
        zoom(network(), huge)


def test_photo_keeps_its_profile():
    zoomed = zoom_photo(Photo(photo_pixels(4, 4), icc=ICC), network())
    assert zoomed.icc == ICC
    assert zoomed.pixels.shape == (12, 12, 3)


# --- the verb


@pytest.fixture
def weights(tmp_path):
    card = ModelCard("sdan_lite", {"scale": 3, "features": 8, "blocks": 1})
    return str(save_model(tmp_path / "tiny.safetensors", network(), card))


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photos" / "a.png"
    write_photo(path, Photo(photo_pixels(8, 10, dtype=np.uint8)))
    return path


def verb(*arguments):
    return main(["zoom", *map(str, arguments)])


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".tif", ".webp"])
def test_one_photo(tmp_path, weights, suffix, capsys):
    path = tmp_path / f"a{suffix}"
    write_photo(path, Photo(photo_pixels(8, 10, dtype=np.uint8)))
    assert verb(path, "-o", tmp_path / "out", "--weights", weights, "--scale", 3) == 0
    assert [p.name for p in (tmp_path / "out").iterdir()] == [f"a-x3{suffix}"]
    zoomed = read_photo(tmp_path / "out" / f"a-x3{suffix}")
    assert zoomed.pixels.shape == (24, 30, 3)
    if suffix in (".png", ".tif"):
        np.testing.assert_array_equal(zoomed.pixels, zoom(network(), read_photo(path).pixels))
    assert str(tmp_path / "out" / f"a-x3{suffix}") in capsys.readouterr().out


def test_folder_and_other_format(tmp_path, photo, weights):
    write_photo(photo.with_name("b.jpg"), Photo(photo_pixels(1, 1, 1, np.uint8)))
    assert verb(photo.parent, photo, "-o", tmp_path / "out", "--weights", weights, "--format", "tif") == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a-x3.tif", "b-x3.tif"]
    assert read_photo(tmp_path / "out" / "b-x3.tif").pixels.shape == (3, 3, 1)


def test_exif_profile_and_depth_are_carried(tmp_path, weights):
    exif = Image.Exif()
    exif[0x010F] = "Nikon"
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    write_photo(tmp_path / "a.tif", Photo(photo_pixels(6, 7), block, ICC))
    assert verb(tmp_path / "a.tif", "-o", tmp_path, "--weights", weights) == 0
    zoomed = read_photo(tmp_path / "a-x3.tif")
    assert zoomed.pixels.dtype == np.uint16
    assert zoomed.icc == ICC
    loaded = Image.Exif()
    loaded.load(zoomed.exif)
    assert loaded[0x010F] == "Nikon"


def test_quality(tmp_path, photo, weights):
    sizes = []
    for quality in (20, 95):
        folder = tmp_path / str(quality)
        assert verb(photo, "-o", folder, "--weights", weights, "--format", "jpg", "--quality", quality) == 0
        sizes.append((folder / "a-x3.jpg").stat().st_size)
    assert sizes[0] < sizes[1]
    with pytest.raises(SystemExit, match="2"):
        verb(photo, "-o", tmp_path, "--weights", weights, "--quality", 0)


def test_never_overwrites_unless_asked(tmp_path, photo, weights, capsys):
    output = tmp_path / "out" / "a-x3.png"
    output.parent.mkdir()
    output.write_text("mine")
    write_photo(photo.with_name("b.png"), Photo(photo_pixels(2, 2, dtype=np.uint8)))
    command = (photo.parent, "-o", tmp_path / "out", "--weights", weights)
    assert verb(*command) == 2
    assert "a-x3.png: is already there" in capsys.readouterr().err
    assert output.read_text() == "mine"
    assert (tmp_path / "out" / "b-x3.png").is_file()
    assert verb(*command, "--overwrite") == 0
    assert read_photo(output).pixels.shape == (24, 30, 3)


def test_bad_photos_are_listed_and_the_others_done(tmp_path, photo, weights, capsys):
    whole = photo.read_bytes()
    for name, content in {"cut.png": whole[: len(whole) // 2], "empty.png": b"", "text.jpg": b"hello"}.items():
        photo.with_name(name).write_bytes(content)
    missing = tmp_path / "missing.jpg"
    assert verb(missing, photo.parent, "-o", tmp_path / "out", "--weights", weights) == 2
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a-x3.png"]
    printed = capsys.readouterr()
    for words in ("missing.jpg: is not there", "cut.png: cannot be", "empty.png: is empty", "text.jpg: cannot be"):
        assert f"{words}" in printed.err
    assert "1 of 5 zoomed" in printed.out
    assert "Traceback" not in printed.err


def test_two_photos_of_one_name(tmp_path, photo, weights, capsys):
    twin = tmp_path / "more" / "a.png"
    write_photo(twin, Photo(photo_pixels(2, 2)))
    assert verb(photo, twin, "-o", tmp_path / "out", "--weights", weights) == 2
    message = capsys.readouterr().err
    assert str(photo) in message
    assert str(twin) in message
    assert not (tmp_path / "out").exists()


def test_bundled_weights_are_chosen_by_scale(tmp_path, photo, monkeypatch):
    shipped = {}
    for scale in (2, 3):
        its = ModelCard("bicubic", {"scale": scale})
        shipped[f"lens-x{scale}"] = save_model(tmp_path / f"lens-x{scale}.safetensors", build("bicubic", scale=3), its)
    zoom_jobs.load_once.cache_clear()
    for module in (card, zoomer):
        monkeypatch.setattr(module, "bundled", lambda: shipped)
    assert verb(photo, "-o", tmp_path / "out") == 0
    assert verb(photo, "-o", tmp_path / "out", "--scale", 2) == 0
    assert verb(photo, "-o", tmp_path / "out", "--weights", "lens-x3", "--format", "tif") == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a-x2.png", "a-x3.png", "a-x3.tif"]
    for asked, chosen in {1.5: 2, 2: 2, 2.5: 3, 3: 3, 8: 3, None: 3}.items():
        assert zoomer.load_zoomer(scale=asked).contract.scale == chosen


def test_weights_that_are_none(tmp_path, photo, weights, capsys):
    assert verb(photo, "-o", tmp_path / "out", "--weights", photo) == 2
    assert "no safetensors file" in capsys.readouterr().err


def test_folder_that_cannot_be_written(tmp_path, photo, weights, capsys):
    (tmp_path / "file").write_text("mine")
    assert verb(photo, "-o", tmp_path / "file", "--weights", weights) == 2
    assert "cannot be written to" in capsys.readouterr().err


def test_full_disk_leaves_nothing(tmp_path, photo, weights, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(encode, "write_png", full)
    assert verb(photo, "-o", tmp_path / "out", "--weights", weights) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


def test_interruption_leaves_nothing(tmp_path, photo, weights, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(encode, "write_png", interrupted)
    assert verb(photo, "-o", tmp_path / "out", "--weights", weights) == 130
    assert list((tmp_path / "out").iterdir()) == []
