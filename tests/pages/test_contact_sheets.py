"""Contact sheets: pixels that are known."""

from __future__ import annotations

import numpy as np
from helpers import noise

from opticalzoom.pages.contact_sheets import CELL, contact_row, contact_sheet, detailed_crop
from opticalzoom.pages.pictures import magnify


def test_detailed_crop_finds_the_texture():
    image = np.full((60, 80, 3), 100, np.uint8)
    image[30:46, 50:66] = noise(16, 16, 3)
    top, left = detailed_crop(image, 20)
    assert 26 <= top <= 30
    assert 46 <= left <= 50


def test_detailed_crop_of_the_whole():
    assert detailed_crop(noise(12, 12, 3), 12) == (0, 0)


def test_contact_row_shows_every_picture_at_the_same_place():
    truth, other = noise(150, 200, 3), noise(150, 200, 3, seed=1)
    row = contact_row("001", {"bicubic\n20 dB": other, "truth": truth})
    top, left = detailed_crop(truth, 96)
    for number, picture in enumerate((truth, other)):  # from the right
        right = row.shape[1] - number * (CELL + 8)
        shown = row[-CELL:, right - CELL : right]
        np.testing.assert_array_equal(shown, magnify(picture[top : top + 96, left : left + 96], 3))


def test_contact_sheet_of_rows_of_any_size():
    rows = [contact_row(str(n), {"truth": noise(n, 2 * n, 3)}) for n in (12, 50, 300)]
    sheet = contact_sheet(rows)
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] == max(row.shape[1] for row in rows) + 16
    assert (sheet[:, :8] == 255).all()
