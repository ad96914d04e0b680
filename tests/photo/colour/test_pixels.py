from __future__ import annotations

import numpy as np
import pytest
from helpers import noise
from profiles import grey_profile, rgb_profile

from opticalzoom.photo.colour.pixels import Colours, filled
from opticalzoom.photo.photograph import from_float


@pytest.mark.parametrize("icc", [None, rgb_profile(2.2, "p3")])
def test_ordinary_pixels_are_only_made_floats(icc):
    pixels = noise(5, 6, 3, dtype=np.uint16)
    colours = Colours.of(3, icc)
    np.testing.assert_array_equal(colours.encode(pixels), pixels / np.float32(65535))
    np.testing.assert_array_equal(from_float(colours.decode(colours.encode(pixels)), np.uint16), pixels)
    assert colours.reach == 0


@pytest.mark.parametrize(("channels", "icc"), [(1, grey_profile(1.0)), (3, rgb_profile(1.0)), (4, rgb_profile(1.2))])
def test_linear_light_goes_and_comes_back(channels, icc):
    pixels = noise(5, 6, channels, dtype=np.uint16)
    colours = Colours.of(channels, icc)
    encoded = colours.encode(pixels)
    assert encoded.mean() > pixels[..., : encoded.shape[2]].mean() / 65535 + 0.1  # brighter
    back = from_float(colours.decode(encoded), np.uint16).astype(int)
    assert np.abs(back - pixels[..., : encoded.shape[2]]).max() <= 2


def test_hidden_colours_come_from_what_is_visible_near_them():
    colour = np.zeros((30, 60, 3), np.float32)
    alpha = np.zeros((30, 60), np.float32)
    colour[:, 25:] = (0.2, 0.5, 0.8)
    alpha[:, 25:40] = 0.3
    alpha[:, 40:] = 1
    result = filled(colour, alpha)
    np.testing.assert_array_equal(result[:, 25:], colour[:, 25:])
    np.testing.assert_allclose(result[:, 17:25], np.broadcast_to((0.2, 0.5, 0.8), (30, 8, 3)), rtol=1e-4)
    np.testing.assert_array_equal(result[:, :17], 0)


def test_a_part_is_filled_as_the_whole():
    pixels = noise(60, 60, 4, dtype=np.uint8)
    pixels[..., 3] *= pixels[..., 3] > 240  # noisy, hard-edged
    colours = Colours.of(4, None)
    reach = colours.reach
    whole = colours.encode(pixels)
    part = colours.encode(pixels[20 - reach : 40 + reach, 10 - reach : 50 + reach])
    np.testing.assert_allclose(part[reach:-reach, reach:-reach], whole[20:40, 10:50], atol=1e-6)
