"""Tiles that are zoomed at once."""

from __future__ import annotations

import threading

import numpy as np

from opticalzoom.weights.contract import Contract
from opticalzoom.zooming.in_memory import zoom


class Meeting:
    """An engine that repeats pixels, whose calls wait for each other: alone, one would wait in vain."""

    contract = Contract(2)
    streams = 2
    bytes_per_pixel = 1

    def __init__(self):
        self._together = threading.Barrier(2)

    def __call__(self, x):
        self._together.wait(10)
        return x.repeat(2, 2).repeat(2, 3)


def test_tiles_are_zoomed_at_once_and_put_in_their_places():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3)).astype(np.uint8)
    np.testing.assert_array_equal(zoom(Meeting(), pixels, tile=10), pixels.repeat(2, 0).repeat(2, 1))
