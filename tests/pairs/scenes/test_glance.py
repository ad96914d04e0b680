"""Thumbnails that tell how two shots lie in each other, against the truth of simulated cards."""

from __future__ import annotations

import numpy as np
import pytest
from cards import photograph, picture

from opticalzoom.pairs.scenes.glance import features, glance, sight
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.siblings import Shot

SIZE = (300, 450)


@pytest.fixture(scope="module")
def wholes():
    return [picture(np.random.default_rng(seed), 1100, 1650) for seed in range(2)]


def seen(whole, zoom, seed=0, size=SIZE):
    pixels = photograph(whole, zoom, SIZE, np.random.default_rng(seed), motion=0.005)
    found = features(np.uint8(pixels.mean(axis=2)), size)
    assert found is not None
    return found


@pytest.mark.parametrize("zoom", [1.5, 2.0, 2.9])
def test_the_ratio_is_measured_whichever_comes_first(wholes, zoom):
    wide, long = seen(wholes[0], 1.0), seen(wholes[0], zoom, seed=1)
    for first, second, ratio in ((wide, long, zoom), (long, wide, 1 / zoom)):
        found = sight(first, second)
        assert found is not None
        assert found.ratio == pytest.approx(ratio, rel=0.03)
        assert found.magnification == pytest.approx(found.ratio)
        assert np.abs(found.centre).max() < 0.03  # it lies in the middle


def test_more_pixels_of_the_long_shot_are_told_apart_from_a_longer_lens(wholes):
    found = sight(seen(wholes[0], 1.0), seen(wholes[0], 2.0, seed=1, size=(600, 900)))
    assert found is not None
    assert found.ratio == pytest.approx(2, rel=0.03)
    assert found.magnification == pytest.approx(4, rel=0.03)


def test_other_scenes_have_nothing_in_common(wholes):
    assert sight(seen(wholes[0], 1.0), seen(wholes[1], 2.0)) is None


def test_what_cannot_be_decoded_or_shows_nothing_has_no_features(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff")
    assert glance(Shot(tmp_path / "bad.jpg", None, Metadata())) is None
    assert features(np.full((90, 120), 128, np.uint8), (90, 120)) is None
