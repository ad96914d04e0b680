"""Pairs of a source as the protocols take them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from evaluated import pair

from opticalzoom.errors import PairError
from opticalzoom.evaluation.loaders import load_pair, load_raw_pair
from opticalzoom.pairs.pair import Pair, Source
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.photograph import from_float
from opticalzoom.photo.raw.raw_file import render


class Listed(Source):
    """Pairs that are in memory, and how often each was loaded."""

    def __init__(self, scale: int, *pairs: Pair) -> None:
        super().__init__(scale)
        self.loaded: Counter[str] = Counter()
        self._pairs = {one.name: one for one in pairs}

    def all_names(self):
        return sorted(self._pairs)

    def load(self, name):
        self.loaded[name] += 1
        return self._pairs[name]

    def files(self, name):
        return ()


def test_a_resized_x_is_a_method_of_its_own_and_both_are_cropped_to_cells():
    y = np.arange(11 * 13 * 3, dtype=np.uint8).reshape(11, 13, 3)
    found = load_pair(Listed(3, Pair("a", y, y, resized=True)), "a")
    assert found.shipped
    assert (found.x.shape, found.enlarged.shape) == ((3, 4, 3), (9, 12, 3))
    np.testing.assert_array_equal(found.y, y[:9, :12])
    np.testing.assert_array_equal(found.enlarged, y[:9, :12])


def test_a_photographed_x_keeps_its_pixels_and_its_trust():
    one, trusted = pair(0), np.random.default_rng(0).random((96, 128)) > 0.5
    found = load_pair(Listed(2, Pair("a", one.x, one.y, resized=False, mask=trusted)), "a")
    assert not found.shipped
    np.testing.assert_array_equal(found.x, one.x)
    np.testing.assert_array_equal(found.trusted, trusted)


def test_a_mosaic_comes_from_the_source_or_is_simulated_and_everything_is_cut_to_its_cells():
    one = pair(0)
    x, y = one.x[:47, :63], one.y[:94, :126]
    shot = MosaicSimulation().shoot(x[:46, :62], "other")
    source = Listed(2, Pair("own", x, y, resized=False, mosaic=shot), Pair("simulated", x, y, resized=False))
    own, simulated = load_raw_pair(source, "own"), load_raw_pair(source, "simulated")
    assert own.raw is shot
    np.testing.assert_array_equal(own.x, from_float(render(shot), np.uint16))
    assert simulated.raw is not None
    assert simulated.raw.mosaic.shape == (46, 62)
    for found in (own, simulated):
        assert (found.x.shape[:2], found.enlarged.shape[:2], found.y.shape[:2]) == ((46, 62), (92, 124), (92, 124))
    assert source.loaded == {"own": 1, "simulated": 1}  # decoding takes seconds


@pytest.mark.parametrize("load", [load_pair, load_raw_pair])
def test_an_x_that_is_smaller_than_a_cell_is_refused(load):
    tiny = np.zeros((2, 40, 3), np.uint8)
    with pytest.raises(PairError, match="too small for ×3"):
        load(Listed(3, Pair("a", tiny, tiny, resized=True)), "a")
