"""Colour that chunks and codes tell, as Little CMS shows it."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from profiles import rendered, rgb_profile

from opticalzoom.photo.colour.icc import D65
from opticalzoom.photo.colour.srgb import srgb_to_linear
from opticalzoom.photo.colour.told import ADOBE_RGB, ToldColour, told_by_chunks, told_by_codes

PIXELS = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), dtype=np.uint16)


def chunk(*numbers):
    return struct.pack(f">{len(numbers)}I", *numbers)


P3_POINTS = chunk(31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def test_codes_of_srgb_and_of_nothing_need_no_profile():
    for codes in ((1, 13), (2, 2), (1, 1), (1, 6), (250, 99)):
        assert told_by_codes(*codes).profile(3) is None


@pytest.mark.parametrize(("primaries", "points"), [(12, "p3"), (1, "srgb")])
def test_linear_codes(primaries, points):
    ours = told_by_codes(primaries, 8).profile(3)
    assert np.abs(rendered(PIXELS, ours) - rendered(PIXELS, rgb_profile(1.0, points))).max() < 0.005


def test_display_p3_by_its_equations():
    to_xyz = np.array([[0.4866, 0.2657, 0.1982], [0.2290, 0.6917, 0.0793], [0.0, 0.0451, 1.0439]])
    from_xyz = np.array([[3.2410, -1.5374, -0.4986], [-0.9692, 1.8760, 0.0416], [0.0556, -0.2040, 1.0570]])
    linear = (srgb_to_linear(PIXELS / np.float32(65535)) @ (from_xyz @ to_xyz).T).clip(0, 1)
    shown = srgb_to_linear(rendered(PIXELS, told_by_codes(12, 13).profile(3)))
    assert np.abs(shown - linear).max() < 0.003


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG"), (9, "logarithmic")])
def test_curves_without_a_counterpart_are_named(transfer, name):
    assert told_by_codes(9, transfer).unknown_curve == name


def test_chunks_by_their_precedence():
    points = chunk(31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
    gamma, adobe = chunk(100_000), {b"gAMA": chunk(45470), b"cHRM": points}
    assert told_by_chunks({}) is told_by_chunks({b"iCCP": b"x", b"gAMA": gamma}) is None
    assert told_by_chunks({b"sRGB": b"\0", b"gAMA": gamma}) is None
    assert told_by_chunks({b"gAMA": gamma}) == ToldColour(gamma=1.0)
    assert told_by_chunks({b"cHRM": P3_POINTS}).primaries == (*D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
    assert told_by_chunks({b"cICP": b"\x0c\x0d\0\1", b"iCCP": b"x"}).counts_first
    assert not told_by_chunks({b"cICP": b"\2\2\0\1", b"iCCP": b"x"}).counts_first
    difference = rendered(PIXELS, told_by_chunks(adobe).profile(3)) - rendered(PIXELS, ADOBE_RGB.profile(3))
    assert np.abs(difference).max() < 0.002


def test_numbers_that_make_no_sense_are_not_followed():
    for gamma in (0, 1, 2**32 - 1):
        assert told_by_chunks({b"gAMA": chunk(gamma)}) is None
    assert told_by_chunks({b"gAMA": b"x"}) is None
    wrong = told_by_chunks({b"cHRM": chunk(*[30000] * 8), b"gAMA": chunk(100_000)})
    assert np.abs(rendered(PIXELS, wrong.profile(3)) - rendered(PIXELS, rgb_profile(1.0))).max() < 0.005
    assert told_by_chunks({b"cHRM": chunk(*[0] * 8)}).profile(3) is None


def test_grey_has_a_curve_only():
    assert ToldColour(gamma=1.0).profile(1)[16:20] == b"GRAY"
    assert told_by_codes(12, 13).profile(2) is None
