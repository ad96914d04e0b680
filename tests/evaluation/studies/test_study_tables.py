"""Means over pictures and seeds, and what the tables say of them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from helpers import expected_text, printed, without_versions

from opticalzoom.evaluation.protocols import Row
from opticalzoom.evaluation.studies import study_tables as tables
from opticalzoom.evaluation.studies.results import lines
from opticalzoom.evaluation.studies.study import Study, StudyRow

ONE = StudyRow("one", "One & only_100%", "One", None, 0, (), {"PSNR": 20.5})
TWO = StudyRow("two", "Two", "Two", None, 0, ())
STUDY = Study("study", "A study", (ONE, TWO), "a paper", {})


def scores(method: str, honest: tuple[float, float], oracle: tuple[float, float] | None = None) -> list[Row]:
    """PSNR of two pictures under two protocols."""
    found = {"honest": honest} | ({"oracle": oracle} if oracle else {})
    return [
        Row(f"p{number}", method, protocol, {"psnr_y": value, "ssim_y": 0.5, "psnr_rgb": value - 2}, 1.0)
        for protocol, values in found.items()
        for number, value in enumerate(values)
    ]


@pytest.fixture
def found():
    rows = scores("bicubic", (24, 26), (24, 26))
    rows += scores("one-seed0", (27, 29), (28, 30)) + scores("one-seed0, no offsets", (27.5, 29.5))
    rows += scores("one-seed1", (28, 30), (28, 30)) + scores("two-seed0", (28.5, 28.7), (28.5, 28.7))
    return lines(rows, {"one-seed0": ONE, "one-seed1": ONE, "two-seed0": TWO})


def test_means_over_pictures_and_seeds(found):
    assert [line.title for line in found] == ["bicubic", ONE.title, f"{ONE.title}, no offsets", "Two"]
    one = found[1]
    assert one.seeds == 2
    assert one.scores["honest"]["psnr_y"].mean == pytest.approx(28.5)
    assert one.scores["honest"]["psnr_y"].spread == pytest.approx(0.5)
    assert one.images == {"honest": 2, "oracle": 2}
    assert one.leak == pytest.approx(0.5)
    assert found[0].leak is None
    assert found[2].leak is None
    assert [line.close for line in found] == [False, True, False, True]


def test_markdown_has_the_papers_figures_beside_ours_and_says_what_they_are(found):
    text = tables.study_markdown(STUDY, found, "Few steps.")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    assert cells[0][:3] == ["Method", "paper, PSNR", "honest, PSNR Y (dB)"]
    assert cells[3][:3] == [f"{ONE.title} ≈", "20.5", "28.50 ±0.50"]
    assert cells[5][:3] == ["Two ≈", "–", "28.60"]
    assert {len(row) for row in cells} == {len(cells[0])}
    assert "it sees the ground truth" in text
    assert "closer than 0.2 dB" in text
    assert "Few steps." in text


def test_latex_escapes_and_its_columns_fit(found):
    text = tables.study_latex(STUDY, found, "×3")
    assert r"One \& only\_100\% $\approx$" in text
    assert r"$\times$3" in text
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    columns = {line.replace(r"\&", "").count("&") for line in body}
    assert len(columns) == 1
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert text.isascii()


def test_csv_and_json(found):
    rows = list(csv.DictReader(io.StringIO(tables.lines_csv(found))))
    one = next(row for row in rows if (row["row"], row["protocol"]) == ("one", "honest"))
    assert float(one["psnr_y"]) == 28.5
    assert float(one["psnr_y_spread"]) == 0.5
    content = json.loads(tables.study_json(STUDY, found, {"steps": 2}, ["something"]))
    assert content["lines"][1]["scores"]["oracle"]["psnr_y"]["mean"] == 29
    assert content["left_out"] == ["something"]


def test_the_files_are_those_of_earlier_versions(found):
    assert tables.lines_csv(found) == expected_text("study.csv")
    assert tables.study_markdown(STUDY, found, "Few steps, ×3.") == expected_text("study.md")
    assert tables.study_latex(STUDY, found, "Few steps, ×3.") == expected_text("study.tex")
    assert printed(tables.lines_terminal(found)) == expected_text("study.txt")
    text = tables.study_json(STUDY, found, {"steps": 2}, ["something"])
    assert without_versions(text) == expected_text("study.json")
