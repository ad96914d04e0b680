"""Colours under transparent pixels."""

from __future__ import annotations

import numpy as np
from helpers import noise

from opticalzoom.photo.colour.transparency import FILL_REACH, filled


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
    values = pixels.astype(np.float32) / 255
    rows, columns = slice(20 - FILL_REACH, 40 + FILL_REACH), slice(10 - FILL_REACH, 50 + FILL_REACH)
    whole = filled(values[..., :3], values[..., 3])
    part = filled(values[rows, columns, :3], values[rows, columns, 3])
    np.testing.assert_allclose(part[FILL_REACH:-FILL_REACH, FILL_REACH:-FILL_REACH], whole[20:40, 10:50], atol=1e-6)
