"""Tables, files and pages against answers written by hand."""

from __future__ import annotations

import json
import math
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from opticalzoom.errors import OutputExistsError
from opticalzoom.evaluation.protocols import Row
from opticalzoom.evaluation.report import csv_text, markdown_table, means, results_json, write_png
from opticalzoom.files import write_text
from opticalzoom.metrics import METRICS
from opticalzoom.pages.page import Section, html_page


def row(name: str, method: str, value: float, protocol: str = "honest") -> Row:
    return Row(name, method, protocol, dict.fromkeys(METRICS, value), seconds=0.5)


ROWS = [row("a", "bicubic", 20), row("b", "bicubic", 30), row("a", "ours", 22), row("b", "ours", 33)]


def test_means_by_method():
    assert [(m.method, m.images, m.scores["psnr_y"], m.seconds) for m in means(ROWS)] == [
        ("bicubic", 2, 25, 0.5),
        ("ours", 2, 27.5, 0.5),
    ]


def test_means_use_the_pictures_that_all_methods_have():
    found = means([*ROWS[:3], row("b", "ours", 99, "oracle")])
    assert [(m.protocol, m.method, m.images, m.scores["psnr_y"]) for m in found] == [
        ("honest", "bicubic", 1, 20),
        ("honest", "ours", 1, 22),
        ("oracle", "ours", 1, 99),
    ]


def test_csv():
    assert csv_text(ROWS[:1]).splitlines() == [
        "name,method,protocol,psnr_y,ssim_y,psnr_rgb,ssim_rgb,seconds",
        "a,bicubic,honest,20.000000,20.000000,20.000000,20.000000,0.500000",
    ]


def test_markdown():
    lines = markdown_table(means(ROWS)).splitlines()
    assert lines[0] == "### Protocol: honest"
    assert "| Method | PSNR Y (dB) | SSIM Y | PSNR RGB (dB) | SSIM RGB | s/image |" in lines
    assert "| ours | 27.50 | 27.5000 | 27.50 | 27.5000 | 0.50 |" in lines


def test_json_has_no_numbers_that_json_lacks():
    text = results_json(means([row("a", "ours", math.inf)]), [], "command")
    assert json.loads(text)["means"][0]["scores"]["psnr_y"] is None


def test_files_are_not_replaced_unasked(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    for write, content in ((write_text, "one"), (write_png, picture)):
        path = tmp_path / write.__name__
        write(path, content)
        with pytest.raises(OutputExistsError):
            write(path, content)
        write(path, content, overwrite=True)
    assert (tmp_path / "write_text").read_text() == "one"
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "write_png")), picture)


class Balance(HTMLParser):
    """Fails on a closing tag that does not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in {"td", "th"}:
            self.cells.append(f"{self.open[-1]}:{data}")


def test_page_is_well_formed_and_escaped():
    section = Section("A & B", "one <i>\n\ntwo", [("a b.png", 'the "first"')], [("method", "dB"), ("td>", "3")])
    page = html_page("<Title>", [section, Section("Empty")])
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert parser.cells == ["th:method", "th:dB", "td:td>", "td:3"]
    assert "<p>one &lt;i&gt;</p>\n<p>two</p>" in page
    assert "&lt;Title&gt;" in page
    assert 'alt="the &quot;first&quot;"' in page
