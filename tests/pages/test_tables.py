"""Tables against readers of their formats; whole files of earlier versions are in tests/evaluation."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest
import torch
from helpers import printed
from rich.table import Column

from opticalzoom.errors import CheckpointError, OpticalZoomError
from opticalzoom.pages.tables import (
    csv_table,
    escape_latex,
    json_document,
    latex_table,
    markdown_table,
    read_json,
    software_versions,
    terminal_table,
)

HEADER, ROWS = ["name", "dB"], [['a, "b"', "27.50"], ["two\nlines", "–"], ["", "1"]]


def test_csv_is_read_back_as_it_was():
    assert list(csv.reader(io.StringIO(csv_table(HEADER, ROWS)))) == [HEADER, *ROWS]


def test_markdown_has_one_cell_for_each_whatever_is_in_it():
    lines = markdown_table(["name", "a", "b"], [["x|y", "1", "2"]]).splitlines()
    assert lines == ["| name | a | b |", "|---|---:|---:|", r"| x\|y | 1 | 2 |"]


def test_latex_is_escaped_everywhere():
    text = latex_table(["a_b", "%"], [["x & y", "2 ± 1"]], "50 %")
    assert r"a\_b & \% \\" in text
    assert r"x \& y & 2 $\pm$ 1 \\" in text
    assert r"\caption{50 \%}" in text
    assert "{lr}" in text


@pytest.mark.parametrize(
    ("plain", "escaped"),
    [("\\", r"\textbackslash{}"), ("{X, X}", r"\{X, X\}"), ("a^b~", r"a\textasciicircum{}b\textasciitilde{}")],
)
def test_escapes(plain, escaped):
    assert escape_latex(plain) == escaped


def test_figures_in_a_terminal_end_at_one_column():
    lines = printed(terminal_table([Column("name")], ["dB"], [["a", "1"], ["b", "27.50"]], padding=0)).splitlines()
    ends = [len(line.rstrip()) for line in lines if line.rstrip().endswith(("dB", "1", "27.50"))]
    assert len(ends) == 3
    assert len(set(ends)) == 1


def test_json_has_no_numbers_that_it_lacks():
    content = {"a": [math.inf, (math.nan, 1.5)], "b": {"c": -math.inf, "d": "×"}}
    text = json_document(content, indent=2)
    assert json.loads(text) == {"a": [None, [None, 1.5]], "b": {"c": None, "d": "×"}}
    assert text.endswith("}\n")
    assert "×" in text


def test_versions_are_those_that_are_imported():
    assert software_versions()["torch"].partition("+")[0] == torch.__version__.partition("+")[0]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "JSONDecodeError"),
        ('{"name": "a"', "JSONDecodeError"),
        ('{"name": "a"}', "KeyError: 'steps'"),
        ('{"name": "a", "steps": "3"}', "steps is '3'"),
        ('["name", "steps"]', "TypeError"),
        ("[" * 100_000, "RecursionError"),
        (f'{{"name": "a", "steps": {"9" * 5000}}}', "ValueError"),
        (b"\xff\xfe{", "UnicodeDecodeError"),
    ],
)
def test_damaged_files_of_ours_are_told_with_a_remedy(tmp_path, content, cause):
    path = tmp_path / "plan.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CheckpointError, match=rf"plan\.json: is damaged \(.*{cause}.*\)\. Delete it\."):
        read_json(path, {"name": str, "steps": int}, "Delete it.", error=CheckpointError)


def test_a_file_of_ours_may_have_more_in_it_and_a_byte_order_mark(tmp_path):
    (tmp_path / "plan.json").write_text('{"name": "a", "more": [1]}', encoding="utf-8-sig")
    assert read_json(tmp_path / "plan.json", {"name": str}, "") == {"name": "a", "more": [1]}
    with pytest.raises(OpticalZoomError, match=r"none\.json: cannot be read: No such file"):
        read_json(tmp_path / "none.json", {}, "")
