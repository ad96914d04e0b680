"""The page of a prepared folder against the text that earlier versions wrote."""

from __future__ import annotations

from pathlib import Path

from helpers import expected_text

from opticalzoom.pairs.preparing.pair_pictures import picture_path
from opticalzoom.pairs.preparing.pair_report import write_report
from opticalzoom.pairs.scenes.sequence import Problem

SHOTS = {"short": "c/1.jpg", "long": "c/2.jpg", "focal_short": 24.0, "focal_long": 72.0}
NUMBERS = {"residual": 0.5, "trusted": 0.75, "inliers": 12}
RECORDS = [
    {"name": "a & b", "scene": "s", "accepted": True, "reason": "", "raw": True, **SHOTS, **NUMBERS},
    {"name": "c", "scene": "t", "accepted": False, "reason": "too dark <", "short": "c/3.jpg", "long": "c/4.jpg"},
]


def test_the_page_is_that_of_earlier_versions(tmp_path):
    photos = tmp_path / "card <1>"
    for kind in ("x", "mask"):
        path = tmp_path / "out" / picture_path("a & b", kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    problems = [Problem(photos / "x & y.jpg", "is <broken>"), Problem(Path("/elsewhere/z.jpg"), "is gone")]
    write_report(tmp_path / "out", photos, RECORDS, problems)
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8") == expected_text("pair_report.html")
