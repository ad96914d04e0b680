"""What every source does with the names that it has."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from opticalzoom.pairs.pair import Pair, Source, as_rgb


class Listed(Source):
    """A source of given names; ``scene-number``, pairs of a scene stay together."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(2)
        self._names = names

    def all_names(self) -> list[str]:
        return self._names

    def load(self, name: str) -> Pair:
        pixels = np.zeros((2, 2, 3), np.uint8)
        return Pair(name, pixels, pixels, resized=True)

    def files(self, name: str) -> tuple[Path, ...]:
        return (Path(name),)

    def group(self, name: str) -> str:
        return name.partition("-")[0]


def test_a_tenth_of_the_groups_is_for_tests_and_another_for_validation():
    source = Listed([f"scene{n // 3}-{n}" for n in range(600)])
    assert source.names() == source.names("all") == source.all_names()
    for split, digits in (("test", {0}), ("val", {1}), ("train", set(range(2, 10)))):
        names = [n for n in source.all_names() if zlib.crc32(n.partition("-")[0].encode()) % 10 in digits]
        assert source.names(split) == names
        assert len(names) == pytest.approx(60 * len(digits), abs=30)


def test_what_the_pixels_depend_on_is_the_kind_and_the_scale():
    assert Listed([]).describe() == "Listed x2"
    assert not Listed([]).registered


def test_a_source_has_to_say_what_it_holds():
    with pytest.raises(TypeError, match="all_names"):
        Source(2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_becomes_three_equal_channels_and_colours_stay(dtype):
    pixels = np.arange(24, dtype=dtype).reshape(2, 4, 3)
    assert np.array_equal(as_rgb(pixels), pixels)
    grey = as_rgb(pixels[..., :1])
    assert (grey.shape, grey.dtype) == ((2, 4, 3), dtype)
    assert all(np.array_equal(grey[..., channel], pixels[..., 0]) for channel in range(3))
