"""Parts of pictures: pixels that are known."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import noise
from PIL import Image

from opticalzoom.errors import OutputExistsError
from opticalzoom.pages.pictures import beside, label, save_picture


def test_label_keeps_the_picture_below_dark_text_on_white():
    picture = noise(20, 90, 3)
    labelled = label(picture, "bicubic\n27.55 dB")
    np.testing.assert_array_equal(labelled[-20:], picture)
    strip = labelled[:-20]
    assert (strip[0] == 255).all()
    assert strip.min() < 80
    assert len(strip) > len(label(picture, "bicubic")) - 20


def test_long_label_stays_inside():
    labelled = label(noise(5, 60, 3), "a name that is far too long for this picture")
    assert labelled.shape[1] == 60
    assert (labelled[:-5, -1] == 255).all()


def test_beside_aligns_tops():
    tall, short = noise(9, 4, 3), noise(3, 5, 3)
    both = beside([tall, short])
    np.testing.assert_array_equal(both[:3, -5:], short)
    np.testing.assert_array_equal(both[:, :4], tall)
    assert (both[3:, -5:] == 255).all()


def test_a_saved_picture_is_the_same_and_not_replaced_unasked(tmp_path):
    first, second = noise(5, 7, 3), noise(5, 7, 3, seed=1)
    save_picture(tmp_path / "a.png", first)
    with pytest.raises(OutputExistsError):
        save_picture(tmp_path / "a.png", second)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), first)
    save_picture(tmp_path / "a.png", second, overwrite=True)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), second)
