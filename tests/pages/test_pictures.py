"""Pictures: pixels that are known."""

from __future__ import annotations

import numpy as np
import pytest

from opticalzoom.errors import ShapeError
from opticalzoom.pages.pictures import (
    CELL,
    beside,
    contact_row,
    contact_sheet,
    detailed_crop,
    flow_limit,
    flow_picture,
    flow_wheel,
    label,
    magnify,
    overlay,
)


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize(
    ("dy", "dx", "colour"),
    [
        (0, 0, (255, 255, 255)),
        (0, 2, (255, 0, 0)),  # right: red
        (0, -2, (0, 255, 255)),  # left: its complement
        (0, 1, (255, 128, 128)),  # half as far: half as saturated
        (0, 9, (255, 0, 0)),  # beyond the limit
        (2, 0, (128, 255, 0)),  # down
    ],
)
def test_flow_colours(dy, dx, colour):
    offset = np.broadcast_to(np.array([dy, dx], np.float32), (3, 4, 2))
    wheel = flow_wheel(offset, limit=2)
    assert wheel.shape == (3, 4, 3)
    np.testing.assert_allclose(wheel[1, 2], colour, atol=1)


def test_flow_limit_ignores_outliers_and_noise():
    offset = np.full((100, 100, 2), 0.0, np.float32)
    assert flow_limit(offset) == 0.1
    offset[..., 0], offset[..., 1] = 3, 4
    offset[0, :5] = 1000
    assert flow_limit(offset) == pytest.approx(5)


def test_flow_picture_keeps_the_field_at_the_left_and_adds_a_legend():
    offset = np.random.default_rng(0).normal(size=(64, 80, 2)).astype(np.float32)
    picture = flow_picture(offset, limit=2)
    np.testing.assert_array_equal(picture[:256, :320], magnify(flow_wheel(offset, 2), 4))
    assert picture.shape[1] > 320


def test_overlay_of_equal_pictures_is_grey_and_differences_are_coloured():
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    np.testing.assert_array_equal(overlay(white, white), white)
    np.testing.assert_array_equal(overlay(black, white)[0, 0], (0, 255, 255))
    with pytest.raises(ShapeError):
        overlay(black, np.zeros((3, 2, 3), np.uint8))


def test_label_keeps_the_picture_below_dark_text_on_white():
    picture = noise(20, 90)
    labelled = label(picture, "bicubic\n27.55 dB")
    np.testing.assert_array_equal(labelled[-20:], picture)
    strip = labelled[:-20]
    assert (strip[0] == 255).all()
    assert strip.min() < 80
    assert len(strip) > len(label(picture, "bicubic")) - 20


def test_long_label_stays_inside():
    labelled = label(noise(5, 60), "a name that is far too long for this picture")
    assert labelled.shape[1] == 60
    assert (labelled[:-5, -1] == 255).all()


def test_detailed_crop_finds_the_texture():
    image = np.full((60, 80, 3), 100, np.uint8)
    image[30:46, 50:66] = noise(16, 16)
    top, left = detailed_crop(image, 20)
    assert 26 <= top <= 30
    assert 46 <= left <= 50


def test_detailed_crop_of_the_whole():
    assert detailed_crop(noise(12, 12), 12) == (0, 0)


def test_contact_row_shows_every_picture_at_the_same_place():
    truth, other = noise(150, 200), noise(150, 200, 1)
    row = contact_row("001", {"bicubic\n20 dB": other, "truth": truth})
    top, left = detailed_crop(truth, 96)
    for number, picture in enumerate((truth, other)):  # from the right
        right = row.shape[1] - number * (CELL + 8)
        shown = row[-CELL:, right - CELL : right]
        np.testing.assert_array_equal(shown, magnify(picture[top : top + 96, left : left + 96], 3))


def test_contact_sheet_of_rows_of_any_size():
    rows = [contact_row(str(n), {"truth": noise(n, 2 * n)}) for n in (12, 50, 300)]
    sheet = contact_sheet(rows)
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] == max(row.shape[1] for row in rows) + 16
    assert (sheet[:, :8] == 255).all()


def test_beside_aligns_tops():
    tall, short = noise(9, 4), noise(3, 5)
    both = beside([tall, short])
    np.testing.assert_array_equal(both[:3, -5:], short)
    np.testing.assert_array_equal(both[:, :4], tall)
    assert (both[3:, -5:] == 255).all()
