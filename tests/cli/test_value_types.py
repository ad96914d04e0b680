"""Words to values: what a value is printed as is read back as the same value, and everything else is explained."""

from __future__ import annotations

import doctest
from argparse import ArgumentTypeError
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from opticalzoom.cli import value_types
from opticalzoom.cli.value_types import (
    crop_part,
    duration,
    memory_size,
    named_file,
    number_from_zero,
    positive_number,
    whole_number,
)
from opticalzoom.zooming.crop import Middle, Pixels

SIDES = st.integers(1, 10**6)
COUNTS = st.integers(1, 10**6)


def test_the_examples_run():
    failed, tried = doctest.testmod(value_types)
    assert failed == 0
    assert tried > 5


@given(st.integers())
def test_whole_numbers_are_read_in_their_range_and_nowhere_else(number):
    least, most = -5, 100
    parse = whole_number(least, most)
    if least <= number <= most:
        assert parse(str(number)) == number
    else:
        with pytest.raises(ArgumentTypeError, match=f"got '{number}', expected a whole number from -5 to 100"):
            parse(str(number))


@given(st.floats(min_value=0, max_value=1000, exclude_min=True))
def test_numbers_are_read_as_they_are_printed(number):
    assert positive_number(1000)(repr(number)) == number
    assert number_from_zero(1000)(repr(number)) == number


@given(COUNTS, st.sampled_from([("MB", 10**6), ("GB", 10**9), (" gb", 10**9)]))
def test_sizes_of_memory(count, unit):
    assert memory_size(f"{count}{unit[0]}") == count * unit[1]


@given(st.integers(1, 366), st.sampled_from([("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]))
def test_durations(count, unit):
    assert duration(f"{count}{unit[0]}") == count * unit[1]


@given(SIDES, SIDES, st.none() | st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)))
def test_crops_in_pixels(width, height, corner):
    place = "" if corner is None else f"+{corner[1]}+{corner[0]}"
    assert crop_part(f"{width}x{height}{place}") == Pixels(height, width, corner)


@given(st.integers(1, 100))
def test_crops_in_percent(percent):
    assert crop_part(f"{percent}%") == Middle(percent / 100)


@given(st.text("abc é-", min_size=1), st.text("abc=/.é ", min_size=1))
def test_named_files(name, file):
    assert named_file(f"{name}={file}") == (name, Path(file))


@pytest.mark.parametrize(
    ("parse", "words", "expected"),
    [
        (whole_number(1, 100), ["0", "-1", "101", "1.5", "", "x", "1e1"], "a whole number from 1 to 100"),
        (positive_number(50), ["0", "-1", "nan", "inf", "1e999", "51", "soon", ""], "a number above 0, at most 50"),
        (number_from_zero(9), ["-3", "far", "inf", "nan", "9.1"], "a number from 0 to 9"),
        (
            memory_size,
            ["0MB", "-1GB", "500", "500KB", "1.2.3GB", "MB", "nanMB", "1000001GB"],
            "a size as 500MB or 1.5GB",
        ),
        (duration, ["0s", "-1m", "20", "1.2.3h", ".m", "m", "1w", "367d"], "a time as 90s, 20m, 1.5h or 3d"),
        (named_file, ["", "=", "a=", "=b", "a"], "NAME=FILE"),
    ],
)
def test_what_is_no_value_is_quoted_beside_what_is_expected(parse, words, expected):
    for word in words:
        with pytest.raises(ArgumentTypeError) as raised:
            parse(word)
        assert str(raised.value) == f"got {word!r}, expected {expected}"


@pytest.mark.parametrize(
    ("parse", "unit"), [(whole_number(1, 9), ""), (positive_number(9), ""), (memory_size, "GB"), (duration, "d")]
)
def test_numbers_of_thousands_of_digits_are_refused_in_a_line(parse, unit):
    for digits in (400, 5000):
        with pytest.raises(ArgumentTypeError, match=r"got '9+…', expected a") as raised:
            parse("9" * digits + unit)
        assert len(str(raised.value)) < 120


@given(st.text())
def test_words_that_are_no_crop_are_explained(text):
    assume("x" not in text and "×" not in text and "%" not in text)
    with pytest.raises(ArgumentTypeError, match="Say WxH"):
        crop_part(text)
