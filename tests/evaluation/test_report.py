"""Tables and files against answers written by hand."""

from __future__ import annotations

import errno
import json
import math
from pathlib import Path

import numpy as np
import pytest
from helpers import expected_text, printed, without_versions
from PIL import Image

from opticalzoom.errors import OpticalZoomError
from opticalzoom.evaluation.protocols import Row
from opticalzoom.evaluation.report import (
    FILES,
    means,
    means_markdown,
    means_terminal,
    results_json,
    scores_csv,
    write_results,
)
from opticalzoom.metrics import METRICS


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
    assert scores_csv(ROWS[:1]).splitlines() == [
        "name,method,protocol,psnr_y,ssim_y,psnr_rgb,ssim_rgb,seconds",
        "a,bicubic,honest,20.000000,20.000000,20.000000,20.000000,0.500000",
    ]


def test_markdown():
    lines = means_markdown(means(ROWS)).splitlines()
    assert lines[0] == "### Protocol: honest"
    assert "| Method | PSNR Y (dB) | SSIM Y | PSNR RGB (dB) | SSIM RGB | s/image |" in lines
    assert "| ours | 27.50 | 27.5000 | 27.50 | 27.5000 | 0.50 |" in lines


def test_json_has_no_numbers_that_json_lacks():
    text = results_json(means([row("a", "ours", math.inf)]), [], "command")
    assert json.loads(text)["means"][0]["scores"]["psnr_y"] is None


@pytest.fixture
def averages():
    more = [row('a, "b"', "bicubic", 31.23456, "oracle")]
    more += [row('a, "b"', "ours with a very long name that goes over the line of a terminal", math.inf, "oracle")]
    return [*ROWS, *more], means([*ROWS, *more])


def test_the_files_are_those_of_earlier_versions(averages):
    rows, found = averages
    assert scores_csv(rows) == expected_text("report.csv")
    assert means_markdown(found) == expected_text("report.md")
    assert printed(means_terminal(found)) == expected_text("report.txt")
    assert without_versions(results_json(found, ["a: reason"], "the command")) == expected_text("report.json")


@pytest.mark.parametrize("refused", FILES)
def test_all_results_are_written_or_none(tmp_path, monkeypatch, refused):
    folder, examples = tmp_path / "out", [np.zeros((8, 8, 3), np.uint8)]
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.name.endswith(refused):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(OpticalZoomError, match=rf"{refused}: cannot be written: No space left"):
            write_results(folder, ROWS, examples, [], "the command")
    assert list(folder.iterdir()) == []
    write_results(folder, ROWS, examples, ["a: reason"], "the command")
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert (folder / "results.csv").read_text() == scores_csv(ROWS)
    assert "leak" not in (folder / "results.json").read_text()
    assert Image.open(folder / "contact.png").format == "PNG"


def test_a_leak_is_named_in_the_table(tmp_path):
    write_results(tmp_path, ROWS, [np.zeros((8, 8, 3), np.uint8)], ["a: reason"], "command", "2 of 3 pairs are known")
    assert "**2 of 3 pairs are known.**\n\nLeft out:" in (tmp_path / "table.md").read_text()
    assert json.loads((tmp_path / "results.json").read_text())["leak"] == "2 of 3 pairs are known"
