"""Profiles that are built, against those of Little CMS (imagecodecs)."""

from __future__ import annotations

import io

import numpy as np
import pytest
from photos import GREY_ICC, RGB_ICC
from PIL import ImageCms
from profiles import PRIMARIES, grey_profile, rendered, rgb_profile

from opticalzoom.photo.colour import icc as module
from opticalzoom.photo.colour.icc import BT709, D65, SRGB_CURVE, fitting_icc, gamma_curve, tags_of

PIXELS = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), dtype=np.uint16)


def test_a_profile_stays_with_pixels_of_its_kind():
    assert fitting_icc(RGB_ICC, 3) == fitting_icc(RGB_ICC, 4) == RGB_ICC
    assert fitting_icc(GREY_ICC, 1) == fitting_icc(GREY_ICC, 2) == GREY_ICC
    cmyk = RGB_ICC[:16] + b"CMYK" + RGB_ICC[20:]
    assert [fitting_icc(icc, channels) for icc in (None, b"", cmyk) for channels in (1, 3)] == [None] * 6


@pytest.mark.parametrize("name", ["srgb", "adobe", "prophoto", "p3"])
def test_profiles_of_primaries_are_those_of_another_builder(name):
    points = PRIMARIES[name]
    ours = module.rgb_profile((*D65, *points), gamma_curve(2.2))
    assert np.abs(rendered(PIXELS, ours) - rendered(PIXELS, rgb_profile(2.2, name))).max() < 0.01
    assert ImageCms.ImageCmsProfile(io.BytesIO(ours)).profile.xcolor_space == "RGB "


def test_srgb_curve_is_srgb():
    ours = module.rgb_profile(BT709, SRGB_CURVE)
    assert np.abs(rendered(PIXELS, ours) - PIXELS / 65535).max() < 1e-4


@pytest.mark.parametrize("gamma", [1.0, 2.2])
def test_curves_survive_a_change_between_grey_and_rgb(gamma):
    grey, rgb = fitting_icc(rgb_profile(gamma), 1), fitting_icc(grey_profile(gamma), 3)
    expected = rendered(PIXELS[..., :1], grey_profile(gamma))
    assert np.abs(rendered(PIXELS[..., :1], grey) - expected).max() < 1e-3
    assert np.abs(rendered(PIXELS[..., [0, 0, 0]], rgb) - expected).max() < 2e-3


def test_profiles_of_tables_are_not_changed():
    assert fitting_icc(RGB_ICC, 1) is not None
    assert fitting_icc(RGB_ICC.replace(b"rXYZ", b"A2B0"), 1) is None


@pytest.mark.parametrize("points", [(0.3, 0.3) * 4, (*D65, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3), (0.9, 0.05, *BT709[2:])])
def test_primaries_that_make_no_sense(points):
    with pytest.raises(ValueError, match=r"primaries|white"):
        module.rgb_profile(points, SRGB_CURVE)


def test_damaged_profiles_have_no_tags():
    assert tags_of(b"") == tags_of(bytes(130)) == {}
    for end in range(0, len(RGB_ICC), 13):
        fitting_icc(RGB_ICC[:end], 1)
