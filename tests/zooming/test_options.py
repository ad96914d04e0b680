"""Choices of the command line, against what is written and understood."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from opticalzoom.photo.encode import FORMATS as WRITTEN
from opticalzoom.zooming.names import NamePattern
from opticalzoom.zooming.options import DEFAULT_NAME, FIELDS, FORMATS, Bits


def test_every_format_is_one_that_is_written():
    assert FORMATS[0] == "keep"
    assert {f".{name}" for name in FORMATS[1:]} <= set(WRITTEN)


def test_the_default_name_has_known_fields_and_is_read_back():
    pattern = NamePattern(DEFAULT_NAME)
    name = pattern.result(Path("a-x2.b.jpg"), 2.5, ".tif")
    assert name == "a-x2.b-x2.5.tif"
    assert pattern.source_stem(name) == "a-x2.b"
    assert NamePattern("{stem}" + "".join(f"-{{{field}}}" for field in FIELDS)).names_format is False


def test_bits_are_those_of_files():
    assert get_args(Bits) == (8, 16)
