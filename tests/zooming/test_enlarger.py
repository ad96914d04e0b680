"""From the pixels of a part of a photo to its zoom, with an engine that repeats pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers import noise
from profiles import grey_profile, rgb_profile

from opticalzoom.photo.colour.transparency import FILL_REACH
from opticalzoom.photo.photograph import from_float
from opticalzoom.weights.contract import Contract
from opticalzoom.zooming.enlarger import overlap, photo_enlarger


class Repeating:
    """Each pixel becomes 2×2 equal ones; what it was given is kept."""

    contract = Contract(2, receptive_field=5)
    streams = 3
    bytes_per_pixel = 1

    def __call__(self, x):
        self.given = x[0].transpose(1, 2, 0)
        return x.repeat(2, 2).repeat(2, 3)


@pytest.mark.parametrize("icc", [None, rgb_profile(2.2, "p3")])
def test_ordinary_pixels_are_only_made_floats(icc):
    pixels, engine = noise(5, 6, 3, dtype=np.uint16), Repeating()
    enlarger = photo_enlarger(engine, 3, icc)
    zoomed = enlarger.zoom(pixels)
    np.testing.assert_array_equal(engine.given, pixels / np.float32(65535))
    np.testing.assert_array_equal(from_float(zoomed, np.uint16), pixels.repeat(2, 0).repeat(2, 1))
    assert (enlarger.factor, enlarger.channels, enlarger.margin, enlarger.streams) == (2, 3, 5, 3)


@pytest.mark.parametrize(("channels", "icc"), [(1, grey_profile(1.0)), (3, rgb_profile(1.0)), (4, rgb_profile(1.2))])
def test_linear_light_is_zoomed_under_srgbs_curve_and_comes_back(channels, icc):
    pixels, engine = noise(5, 6, channels, dtype=np.uint16), Repeating()
    pixels[..., 3:] = 65535
    zoomed = photo_enlarger(engine, channels, icc).zoom(pixels)
    colours = min(channels, 3)
    assert engine.given.mean() > pixels[..., :colours].mean() / 65535 + 0.1  # brighter
    difference = from_float(zoomed, np.uint16)[::2, ::2, :colours].astype(int) - pixels[..., :colours]
    assert np.abs(difference).max() <= 2


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_enlarged_bicubically_and_hides_nothing_from_the_network(channels):
    pixels, engine = np.full((20, 24, channels), 200, np.uint8), Repeating()
    pixels[..., -1] = noise(20, 24, dtype=np.uint8)
    pixels[:, :12] = 0  # transparent black
    enlarger = photo_enlarger(engine, channels, None)
    zoomed = enlarger.zoom(pixels)
    alpha = cv2.resize(pixels[..., -1].astype(np.float32) / 255, (48, 40), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(zoomed[..., -1], alpha, atol=1e-6)
    np.testing.assert_allclose(engine.given[:, 12 - FILL_REACH :], 200 / 255, rtol=1e-3)
    np.testing.assert_array_equal(engine.given[:, : 12 - FILL_REACH], 0)
    assert (enlarger.channels, enlarger.margin) == (channels, 5 + FILL_REACH)


@pytest.mark.parametrize(("kind", "expected"), [("rgb", 7), ("raw", 7), ("resized", 3 + 2)])
def test_a_tile_needs_what_the_network_and_the_interpolation_before_it_look_at(kind, expected):
    assert overlap(Contract(3, kind, receptive_field=7)) == expected
