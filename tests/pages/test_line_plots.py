"""Plots in SVG: well formed, points where they belong, nothing outside or from elsewhere."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom.pages.line_plots import Axes, svg, svg_text, ticks

AXES = Axes("time & money", "<gain>", 2.0, 50.0)


def test_points_are_where_their_values_are():
    left, bottom = AXES.place(0, 0)
    right, top = AXES.place(2, 50)
    assert AXES.place(1, 25) == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=0.1)
    assert 0 < left < right < AXES.width
    assert 0 < top < bottom < AXES.height
    assert AXES.place(-1, 1e9) == (left, top)  # outside: at the ends
    line = ElementTree.fromstring(AXES.curve([0, 2], [50, 0], "red", "5 4"))
    assert line.attrib["points"] == f"{left},{top} {right},{bottom}"
    assert line.attrib["stroke-dasharray"] == "5 4"
    band = ElementTree.fromstring(AXES.band([0, 2], [0, 0], [50, 25], "red"))
    middle = AXES.place(0, 25)[1]
    assert band.attrib["points"] == f"{left},{top} {right},{middle} {right},{bottom} {left},{bottom}"


def test_a_dot_has_its_doubt_as_a_bar():
    found = ElementTree.fromstring(f"<g>{AXES.dot(1, 25, 5, 'green', hollow=True)}</g>")
    across, up = AXES.place(1, 25)
    assert found[0].attrib["d"] == f"M{across} {AXES.place(1, 20)[1]}V{AXES.place(1, 30)[1]}"
    assert (found[1].attrib["cx"], found[1].attrib["cy"]) == (str(across), str(up))
    assert found[1].attrib["fill"] == "none"


def test_the_plot_is_well_formed_and_its_text_is_escaped():
    picture = AXES.plot([AXES.curve([0, 1], [0, 9], "red"), AXES.note(1, "<here>")], [("a & b", "red")])
    found = ElementTree.fromstring(picture)
    texts = ["".join(element.itertext()) for element in found.iter("text")]
    assert {"time & money", "<gain>", "<here>", "a & b", "0", "2", "50"} <= set(texts)
    assert found.attrib["aria-label"] == "<gain> over time & money"
    assert "http" not in picture
    assert "<script" not in picture
    assert re.findall(r'fill="#|stroke="#', picture) == []  # all of the axes is in the page's colour


@given(st.floats(1e-6, 1e6))
def test_ticks_are_round_few_and_within(largest):
    found = ticks(largest)
    assert 2 <= len(found) <= 10
    assert found[0] == 0
    assert found[-1] <= largest * (1 + 1e-6)
    step = found[1] if len(found) > 1 else largest
    assert largest - found[-1] < step
    np.testing.assert_allclose(np.diff(found), step, rtol=1e-4)
    assert round(step / 10 ** np.floor(np.log10(step) + 1e-9), 6) in (1, 2, 5)


def test_a_drawing_says_what_it_is():
    found = ElementTree.fromstring(svg([svg_text(1, 2, "a<b", "end")], 20, 10, 'a "picture"'))
    assert found.attrib["viewBox"] == "0 0 20 10"
    assert found.attrib["aria-label"] == 'a "picture"'
    assert found[0].text == "a<b"
