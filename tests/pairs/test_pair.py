"""What every source does with the names that it has."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom.pairs.pair import Pair, Source, as_rgb, split_groups


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


@given(st.sets(st.text(max_size=3), max_size=14))
def test_no_part_is_empty_where_there_are_enough_groups(groups):
    parts = split_groups(groups)
    assert parts.keys() == groups
    assert set(parts.values()) == set(("train", "test", "val")[: len(groups)])
    tenths = {group: zlib.crc32(group.encode()) % 10 for group in groups}
    if {0, 1} <= set(tenths.values()) and max(tenths.values()) > 1:  # then nothing is moved
        assert parts == {group: {0: "test", 1: "val"}.get(tenth, "train") for group, tenth in tenths.items()}
    moved = [g for g, part in parts.items() if part != {0: "test", 1: "val"}.get(tenths[g], "train")]
    assert len(moved) <= 2 + (len(groups) == 1)


@given(st.sets(st.text(max_size=3), min_size=12, max_size=30), st.text(max_size=3))
def test_no_training_group_becomes_a_test_group_when_another_is_added(groups, another):
    before, after = split_groups(groups), split_groups(groups | {another})
    assert not [group for group in groups if before[group] == "train" and after[group] == "test"]


def test_of_a_folder_with_its_own_test_part_the_rest_is_for_training_and_validation():
    parts = split_groups([f"scene{number}" for number in range(12)], ("train", "val"))
    assert set(parts.values()) == {"train", "val"}
    assert split_groups(["one"], ("train", "val")) == {"one": "train"}
    assert split_groups([]) == {}


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
