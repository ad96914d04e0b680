"""From file to file: crops, any scale, bit depths."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from opticalzoom.errors import ConfigError, OutputExistsError
from opticalzoom.models import build
from opticalzoom.photo.image import Photo, read_photo, write_photo
from opticalzoom.photo.window import Window
from opticalzoom.zoom import zoom
from opticalzoom.zoomer import Output, Zoomer


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


def zoomed(photo, bits=None, **options):
    target = photo.with_name("zoomed.png")
    Zoomer(network()).zoom_to(photo, target, output=Output(bits, overwrite=True), **options)
    return read_photo(target).pixels


def test_the_whole_photo_at_the_weights_scale(photo):
    np.testing.assert_array_equal(zoomed(photo), zoom(network(), read_photo(photo).pixels))


def test_a_crop_is_that_part_of_the_whole(photo):
    crop = Window(slice(5, 20), slice(11, 42))
    np.testing.assert_array_equal(zoomed(photo, crop=crop), zoomed(photo)[15:60, 33:126])


@pytest.mark.parametrize("scale", [0.5, 1, 2, 2.5, 4, 7.3])
def test_another_scale_is_the_zoomed_photo_resampled(photo, scale):
    size = round(42 * scale), round(31 * scale)
    whole = zoomed(photo)
    planes = [np.asarray(Image.fromarray(whole[..., c]).resize(size, Image.Resampling.LANCZOS)) for c in range(3)]
    assert np.abs(zoomed(photo, scale=scale).astype(int) - np.stack(planes, -1)).max() <= 1


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
        Zoomer(network()).zoom_to(photo, photo)
