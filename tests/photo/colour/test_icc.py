"""Profiles that fit their pixels."""

from __future__ import annotations

from profiles import grey_profile, rgb_profile

from opticalzoom.photo.colour.icc import fitting_icc


def test_a_profile_of_other_pixels_is_left_out():
    assert fitting_icc(rgb_profile(), 3) == rgb_profile()
    assert fitting_icc(grey_profile(), 3) is None
    assert fitting_icc(rgb_profile(), 1) is None
    assert fitting_icc(None, 3) is None
