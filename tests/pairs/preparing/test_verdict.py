"""Verdicts over registered pairs: the measured ratio decides, and digital zoom is no zoom."""

from __future__ import annotations

from pathlib import Path

import pytest

from opticalzoom.pairs.preparing.verdict import verdict
from opticalzoom.pairs.scenes.focal_lengths import ShotPair
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.siblings import Shot
from opticalzoom.photo.window import Window
from opticalzoom.registration.same_view import unmoved
from opticalzoom.registration.zoom_view import RegisteredView


def found(ratio: float = 2.0, magnification: float | None = None) -> RegisteredView:
    window = Window(slice(0, 100), slice(0, 150))
    return RegisteredView(window, unmoved((200, 300), (200, 300)), ratio, magnification or ratio)


def job(scale: int = 2, stated: float | None = None, short: Metadata | None = None, long: Metadata | None = None):
    """The pair, the scale and the tolerance."""
    shots = [Shot(Path(f"{n}.jpg"), None, data or Metadata()) for n, data in (("s", short), ("l", long))]
    return ShotPair("p", *shots, stated), scale, 0.25


def test_a_pair_that_suits_is_accepted():
    assert verdict(found(2.0), *job(), 12.0) == ""
    assert verdict(found(2.0), *job(), None) == ""


@pytest.mark.parametrize(
    ("registered", "asked", "gain", "words"),
    [
        (found(0.997), job(), 12.0, "as much of the scene as X (measured ratio 0.997"),
        (found(3.1), job(stated=2.0), 12.0, "measured ratio 3.1, EXIF says 2; 1.75 to 2.5 expected"),
        (found(2.0, 1.0), job(), 12.0, "1 pixels of Y for one of X"),
        (found(2.0), job(), 1.5, "no detail that X lacks"),
        (found(4.0), job(4, long=Metadata(digital_zoom=4.0)), None, "digital zoom: Y is an enlarged crop"),
        (found(4.0), job(4, long=Metadata(digital_zoom=2.0)), 12.0, "of which 2 is digital zoom; 3.5 to 5 expected"),
        (found(2.0), job(short=Metadata(focal_length=6.0), long=Metadata(focal_length=6.0)), None, "same focal length"),
    ],
)
def test_a_pair_that_does_not_suit_is_rejected_with_what_was_measured(registered, asked, gain, words):
    assert words in verdict(registered, *asked, gain)


def test_half_optical_half_digital_zoom_counts_for_its_optical_part():
    assert verdict(found(4.0), *job(2, long=Metadata(digital_zoom=2.0)), 12.0) == ""


def test_a_compact_camera_that_writes_one_focal_length_for_all_is_accepted_for_its_detail():
    same = Metadata(focal_length=6.0)
    assert verdict(found(2.0), *job(short=same, long=same), 12.0) == ""
