"""The page: its pictures are there, the verdict comes first, and the busiest part is shown."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from learnings import soft_lens

from opticalzoom.training.learning.learn_report import busiest_part, curve_svg, write_learn_report
from opticalzoom.training.learning.lens_run import learn_one
from opticalzoom.training.learning.pair_curve import CurvePoint


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    return learn_one(soft_lens(2), tmp_path_factory.mktemp("runs"), 60, steps=2)


def test_the_answer_comes_first_and_every_picture_is_there(outcome, tmp_path):
    page = write_learn_report(tmp_path / "report.html", outcome, "It <wins>.", "acme")
    text = page.read_text()
    assert text.index("It &lt;wins&gt;.") < text.index("Installed as acme") < text.index("Before and after")
    sources = re.findall(r'src="([^"]+)"', text)
    assert len(sources) == 3 * len(outcome.judged)
    assert all((tmp_path / source).is_file() for source in sources)


def test_names_are_text(outcome, tmp_path):
    first = outcome.judged[0]
    named = replace(first, scores=replace(first.scores, pair="<script>alert(1)</script>"))
    page = write_learn_report(tmp_path / "report.html", replace(outcome, judged=[named]), "", None)
    assert "<script>alert" not in page.read_text()


def test_the_busiest_part_is_found():
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[25:35, 40:50] = np.random.default_rng(0).integers(0, 255, (10, 10, 3))
    rows, columns = busiest_part(picture, 12)
    assert rows.start <= 25
    assert rows.stop >= 35
    assert columns.start <= 40
    assert columns.stop >= 50


def test_a_small_picture_is_shown_whole():
    assert busiest_part(np.zeros((5, 7, 3), np.uint8), 12) == (slice(0, 5), slice(0, 7))


def test_each_run_has_a_line_from_left_to_right():
    drawing = curve_svg([[(5, 30.0), (10, 31.0)], [(5, 20.0), (10, 20.5)]])
    lines = re.findall(r'points="([^"]+)"', drawing)
    assert len(lines) == 2
    for line in lines:
        (left, low), (right, high) = (map(float, point.split(",")) for point in line.split())
        assert left < right
        assert high < low  # up is up


def test_no_curve_is_no_drawing():
    assert curve_svg([[]]) == ""


def test_what_more_pairs_would_give_is_drawn_where_it_was_asked(outcome, tmp_path):
    heading = "What more pairs would give"
    assert heading not in write_learn_report(tmp_path / "report.html", outcome, "", None).read_text()
    points = [CurvePoint(1, 0.1), CurvePoint(2, 0.4)]
    text = write_learn_report(tmp_path / "report.html", replace(outcome, by_pairs=points), "", None).read_text()
    assert heading in text
    assert "2: +0.40" in text
