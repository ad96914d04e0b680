"""From file to file: crops, any scale, bit depths."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from zooms import zoom_photo, zoom_raw

from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.errors import ConfigError, OutputExistsError
from opticalzoom.models import build
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo import exif
from opticalzoom.photo.carried.packing import pack_at
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.photo.raw.dng import write_dng
from opticalzoom.photo.raw.raw_file import develop, read_raw
from opticalzoom.photo.reader import open_photo
from opticalzoom.photo.window import Window
from opticalzoom.zooming import tiles, zoomer
from opticalzoom.zooming.in_memory import zoom
from opticalzoom.zooming.zoomer import Zoomer


def network(scale=3, input="rgb"):
    torch.manual_seed(0)
    return build("srresnet_lite", scale=scale, input=input, features=8, blocks=1).eval()


def noise(height, width, channels=3, dtype=np.uint8):
    largest = np.iinfo(dtype).max
    return np.random.default_rng(0).integers(largest // 4, 3 * largest // 4, (height, width, channels), dtype)


@pytest.fixture
def photo(tmp_path):
    write_photo(tmp_path / "a.png", Photo(noise(31, 42)))
    return tmp_path / "a.png"


def zoomed(photo, bits=None, scale=None, crop=None):
    target = photo.with_name("zoomed.png")
    Zoomer(TorchEngine(network()), scale).zoom_to(photo, target, crop=crop, bits=bits, overwrite=True)
    return read_photo(target).pixels


def assert_same(pixels, expected):
    """But for values in the middle between two steps, which float32's last bit rounds up or down."""
    difference = np.abs(pixels.astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


def test_the_whole_photo_at_the_weights_scale(photo):
    np.testing.assert_array_equal(zoomed(photo), zoom(network(), read_photo(photo).pixels))


def test_a_crop_is_that_part_of_the_whole(photo):
    crop = Window(slice(5, 20), slice(11, 42))
    assert_same(zoomed(photo, crop=crop), zoomed(photo)[15:60, 33:126])


@pytest.mark.parametrize("scale", [0.1, 0.5, 1, 2, 2.5, 4, 7.3, 16])
def test_another_scale_is_the_zoomed_photo_resampled(photo, scale):
    size = round(42 * scale), round(31 * scale)
    whole = zoomed(photo, 16).astype(np.float32)
    planes = [np.asarray(Image.fromarray(whole[..., c]).resize(size, Image.Resampling.LANCZOS)) for c in range(3)]
    expected = np.stack(planes, -1).clip(0, 65535)
    assert np.abs(zoomed(photo, 16, scale=scale) - expected).max() <= 0.5 + 0.01 * 65.535
    assert np.abs(zoomed(photo, scale=scale) - expected / 257).max() <= 0.51


@pytest.mark.parametrize("orientation", range(1, 9))
def test_small_tiles_and_temporary_files_give_the_same(tmp_path, monkeypatch, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(noise(61, 83)).save(tmp_path / "a.png", exif=exif.tobytes())
    whole = zoom(network(), read_photo(tmp_path / "a.png").pixels)
    monkeypatch.setattr(zoomer, "open_photo", partial(open_photo, in_memory=0))
    monkeypatch.setattr(tiles, "_SIDES", (16,))
    assert_same(zoomed(tmp_path / "a.png"), whole)
    assert_same(zoomed(tmp_path / "a.png", crop=Window(slice(20, 40), slice(5, 50))), whole[60:120, 15:150])


@pytest.mark.parametrize("channels", [1, 2, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_other_channels_in_small_tiles(tmp_path, monkeypatch, channels, dtype):
    pixels = noise(50, 47, channels, dtype)
    write_photo(tmp_path / "a.png", Photo(pixels))
    whole = zoom(network(), pixels)
    monkeypatch.setattr(tiles, "_SIDES", (16,))
    difference = np.abs(zoomed(tmp_path / "a.png").astype(int) - whole)
    assert difference.max() <= 1


@pytest.mark.parametrize("crop", [None, Window(slice(3, 30), slice(11, 40))])
@pytest.mark.parametrize("orientation", [1, 5, 6, 7])
@pytest.mark.parametrize("input", ["raw", "rgb"])
def test_raw_files_in_small_tiles(tmp_path, monkeypatch, input, orientation, crop):
    """From the mosaic and developed; a crop may begin in the middle of a cell."""
    mosaic = MosaicSimulation().shoot(np.ascontiguousarray(data.astronaut()[:60, 100:180]), "a")
    raw = replace(mosaic, orientation=orientation)
    write_dng(tmp_path / "a.dng", raw)
    raw, model = read_raw(tmp_path / "a.dng"), network(2, input)
    whole = (zoom_raw(raw, model) if input == "raw" else zoom_photo(develop(raw), model)).pixels
    monkeypatch.setattr(tiles, "_SIDES", (16,))
    Zoomer(TorchEngine(model)).zoom_to(tmp_path / "a.dng", tmp_path / "a.tif", crop=crop)
    expected = whole if crop is None else whole[crop.scaled(2)]
    assert np.abs(read_photo(tmp_path / "a.tif").pixels.astype(int) - expected).max() <= 3


@pytest.mark.parametrize("input", ["raw", "rgb"])
@pytest.mark.parametrize("suffix", [".tif", ".jpg"])
def test_place_author_and_rating_of_a_raw_file_are_kept(tmp_path, input, suffix):
    mosaic = MosaicSimulation().shoot(np.ascontiguousarray(data.astronaut()[:60, 100:180]), "a")
    write_dng(tmp_path / "a.dng", mosaic)
    made = Image.Exif()
    made.endian = "<"  # as the file has it
    made[0x010E], made[0x013B], made[0x010F], made[0x0110] = "harbour", "A N Other", "Acme", "Model 1"
    made.get_ifd(0x8825)[2] = (10.0, 30.0, 0.0)
    made.get_ifd(0x8769).update({0xA001: 65535, 0x920A: 35.0, 0x927C: b"points to somewhere" * 9})
    add_directories(tmp_path / "a.dng", made)
    notes = Zoomer(TorchEngine(network(2, input))).zoom_to(tmp_path / "a.dng", tmp_path / f"b{suffix}")
    assert [note for note in notes if "maker's note" not in note] == []
    assert len(notes) == (suffix == ".tif")
    with Image.open(tmp_path / f"b{suffix}") as theirs:
        main = theirs.getexif()
        details, position = main.get_ifd(0x8769), main.get_ifd(0x8825)
    assert [main[tag] for tag in (0x010E, 0x013B, 0x010F, 0x0110)] == ["harbour", "A N Other", "Acme", "Model 1"]
    assert position[2] == (10.0, 30.0, 0.0)
    assert (details[0x920A], details[0xA001], 0x927C in details) == (35.0, 1, suffix == ".jpg")


def add_directories(path, made):
    """Give a DNG the EXIF that a camera would have written into it, before the pixels."""
    parsed = exif.parse(made.tobytes().removeprefix(exif.PREFIX))
    with path.open("r+b") as file:
        own = exif.parse(exif.FileBytes(file))
        place = file.seek(0, 2) + 1 & ~1
        first, directories = pack_at(replace(own, main=own.main | parsed.main), place)
        file.seek(place)
        file.write(directories)
        file.seek(0)
        file.write(own.layout.header(own.order, first))


def test_too_little_memory_is_said_with_what_would_do(photo):
    with pytest.raises(ConfigError, match=r"too little.*Allow at least \d+ MB"):
        Zoomer(TorchEngine(network()), memory=1000).zoom_to(photo, photo.with_name("b.png"))
    assert not photo.with_name("b.png").exists()


def test_interruption_between_tiles_leaves_nothing(photo, monkeypatch):
    def interrupt(done, total):
        if done == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(tiles, "_SIDES", (16,))
    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        Zoomer(TorchEngine(network())).zoom_to(photo, photo.with_name("b.png"), progress=interrupt)
    assert [path.name for path in photo.parent.iterdir()] == ["a.png"]
    assert threading.active_count() == threads


@pytest.mark.parametrize("bits", [8, 16, None])
def test_bits(photo, bits):
    assert zoomed(photo, bits=bits).dtype == (np.uint16 if bits == 16 else np.uint8)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_no_such_scale(photo, scale):
    with pytest.raises(ConfigError, match="above 0"):
        zoomed(photo, scale=scale)


@pytest.mark.parametrize("crop", [(slice(3, 3), slice(0, 5)), (slice(-1, 3), slice(0, 5)), (slice(0, 3), slice(0, 43))])
def test_no_such_crop(photo, crop):
    with pytest.raises(ConfigError, match="the crop takes"):
        zoomed(photo, crop=Window(*crop))


def test_what_is_there_stays(photo):
    with pytest.raises(OutputExistsError):
        Zoomer(TorchEngine(network())).zoom_to(photo, photo)
