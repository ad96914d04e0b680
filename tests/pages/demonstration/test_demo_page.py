"""The demonstration's page of findings that are known: its figures, and the pictures that it names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from helpers import noise
from PIL import Image

from opticalzoom.evaluation.protocols import Row
from opticalzoom.pages.demonstration.demo_data import Alignment
from opticalzoom.pages.demonstration.demo_page import Findings, write_page

SIZE = (60, 90)


def alignment(name: str, moved: float, off: float) -> Alignment:
    """A pair that was moved along its rows; registration is off along its columns. Half of it is trusted."""
    truth, found = np.zeros((2, *SIZE, 2), np.float32)
    truth[..., 1], found[..., 1] = moved, moved
    found[..., 0] = off
    trusted = np.zeros(SIZE, bool)
    trusted[:, :45] = True
    found[:, 45:] = 99  # not trusted, so it does not count
    pictures = [noise(*SIZE, 3, seed=seed) for seed in range(3)]
    return Alignment(name, *pictures, truth, found, trusted)


@pytest.fixture
def findings() -> Findings:
    zoomed = {"bicubic": noise(90, 120, 3), "city100-x3": noise(90, 120, 3, seed=1)}
    crops = {"cat": {"bicubic": noise(70, 70, 3), "ours": noise(70, 70, 3), "truth": noise(70, 70, 3)}}
    rows = [Row("cat", "bicubic", "honest", {"psnr_y": 30.126, "psnr_rgb": 28.5, "ssim_y": 0.81249}, 0.1)]
    alignments = [alignment("old_bridge", 8, 0.25), alignment("tower", 4, 0.75), alignment("wall", 6, 0.5)]
    return Findings(4, alignments, 60.0, 123, rows, crops, "boat", zoomed)


def cells(page: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    return [re.findall(r"<t[dh]>(.*?)</t[dh]>", row) for row in rows]


def test_the_page_tells_the_figures(findings: Findings, tmp_path: Path) -> None:
    page = write_page(tmp_path, findings)
    assert page == tmp_path / "index.html"
    text = page.read_text(encoding="utf-8")
    assert "3 of 4 pairs could be registered" in text
    assert "moved by 6.0 pixels (median)" in text
    assert "they are 0.50 pixels off (median)" in text
    assert "registration trusts, 50% of them" in text
    assert "about 60 seconds: 123 steps" in text
    assert cells(text) == [
        ["Pair", "moved (px)", "off (px)", "95 % (px)"],
        ["old bridge", "8.0", "0.25", "0.25"],
        ["tower", "4.0", "0.75", "0.75"],
        ["wall", "6.0", "0.50", "0.50"],
        ["Photo, method", "PSNR Y (dB)", "PSNR RGB (dB)", "SSIM Y"],
        ["cat, bicubic", "30.13", "28.50", "0.812"],
    ]


def test_every_picture_that_is_named_is_there_and_no_other(findings: Findings, tmp_path: Path) -> None:
    text = write_page(tmp_path, findings).read_text(encoding="utf-8")
    named = set(re.findall(r'(?:src|href)="([^"]+)"', text))
    names = ("overlay", "field", "held-out-cat", "boat-crop", "boat-x3")
    assert named == {f"pictures/{name}.png" for name in names}
    assert {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "pictures").iterdir()} == named
    whole = np.asarray(Image.open(tmp_path / "pictures" / "boat-x3.png"))
    assert np.array_equal(whole, findings.zoomed["city100-x3"])
    assert "120×90 pixels" in text


def test_a_second_page_replaces_the_first(findings: Findings, tmp_path: Path) -> None:
    first = write_page(tmp_path, findings).read_bytes()
    assert write_page(tmp_path, findings).read_bytes() == first
