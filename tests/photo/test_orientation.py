"""EXIF orientations, against Pillow's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from opticalzoom.photo.orientation import (
    ORIENTATIONS,
    as_stored,
    orientation_of_flip,
    stored_window,
    upright,
    upright_size,
)
from opticalzoom.photo.window import Window

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_upright_is_what_pillow_makes_of_it(orientation):
    image = Image.fromarray(PIXELS)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(upright(PIXELS, orientation), expected)
    assert upright_size(*PIXELS.shape[:2], orientation) == expected.shape[:2]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_as_stored_is_the_inverse(orientation):
    np.testing.assert_array_equal(as_stored(upright(PIXELS, orientation), orientation), PIXELS)


@given(st.sampled_from(ORIENTATIONS), st.data())
def test_an_upright_window_is_found_in_what_is_stored(orientation, data):
    whole = upright(PIXELS, orientation)
    rows, columns = (
        slice(start, data.draw(st.integers(start + 1, side)))
        for side in whole.shape[:2]
        for start in [data.draw(st.integers(0, side - 1))]
    )
    stored = PIXELS[stored_window(Window(rows, columns), orientation, *PIXELS.shape[:2])]
    np.testing.assert_array_equal(upright(stored, orientation), whole[rows, columns])


def test_flips_of_libraw():
    """LibRaw's manual: 0 no rotation, 3 180°, 5 90° counter-clockwise, 6 90° clockwise."""
    turned = {0: PIXELS, 3: np.rot90(PIXELS, 2), 5: np.rot90(PIXELS), 6: np.rot90(PIXELS, -1)}
    for flip, expected in turned.items():
        np.testing.assert_array_equal(upright(PIXELS, orientation_of_flip(flip)), expected)
    assert orientation_of_flip(99) == 1
