"""How a photo is cut into tiles, by the time that they take, and that they may be zoomed at once."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from opticalzoom.models.contract import Contract
from opticalzoom.photo.window import spans
from opticalzoom.tiles import Enlarger, fastest_side
from opticalzoom.zoom import zoom


def cut(height, width, streams, longest=512, margin=20):
    """Rows and columns of tiles."""
    enlarger = Enlarger(lambda pixels: pixels, 3, 3, margin, streams)
    side = fastest_side((height, width), longest, enlarger, (height, width, 3))
    assert side <= longest
    return len(spans(0, height, side)), len(spans(0, width, side))


def test_a_small_photo_gives_every_stream_its_share():
    assert cut(290, 406, streams=1) == (1, 1)
    assert cut(290, 406, streams=2) == (1, 2)
    assert cut(406, 290, streams=2) == (2, 1)
    assert cut(300, 300, streams=4) == (2, 2)


def test_what_is_all_overlap_is_not_cut():
    assert cut(20, 20, streams=4) == (1, 1)


@pytest.mark.parametrize("streams", [1, 2, 4])
def test_large_photos_have_large_tiles(streams):
    rows, columns = cut(3000, 4000, streams)
    assert 6 * 8 <= rows * columns <= 1.25 * 6 * 8


def test_the_longest_side_is_kept():
    assert cut(100, 100, streams=1, longest=10) == (10, 10)


class Meeting:
    """An engine that repeats pixels, whose calls wait for each other: alone, one would wait in vain."""

    contract = Contract(2)
    streams = 2

    def __init__(self):
        self._together = threading.Barrier(2)

    def __call__(self, x):
        self._together.wait(10)
        return x.repeat(2, 2).repeat(2, 3)


def test_tiles_are_zoomed_at_once_and_put_in_their_places():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3)).astype(np.uint8)
    np.testing.assert_array_equal(zoom(Meeting(), pixels, tile=10), pixels.repeat(2, 0).repeat(2, 1))
