"""What a study leaves of scores that are known: files, figures and curves."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from helpers import noise
from PIL import Image

from opticalzoom.evaluation.protocols import Row
from opticalzoom.evaluation.studies.output import collect, write_figures, write_tables
from opticalzoom.evaluation.studies.run import Runner
from opticalzoom.evaluation.studies.settings import Order, Settings
from opticalzoom.evaluation.studies.study import load_study


def make_runner(out: Path, study: str, *rows: str) -> Runner:
    found = load_study(study)
    order = Order(out, {"root": "photos"}, (0,), 1, None, None, (), {}, ())
    return Runner(found, found.choose(list(rows)), Settings(study, "lite", steps=10), order)


def write_scores(path: Path, method: str, decibels: float, *skipped: str) -> None:
    """Two pictures, a decibel more and less."""
    scores = [{"psnr_y": decibels + d, "ssim_y": 0.5, "psnr_rgb": decibels + d - 2} for d in (1, -1)]
    rows = [asdict(Row(f"p{n}", method, "honest", one, 0.5)) for n, one in enumerate(scores)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"rows": rows, "skipped": list(skipped)}))


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Bicubic at 24 dB, two rows at 25 and 26; a third has failed."""
    one = make_runner(tmp_path, "table2", "dcn", "sdcn", "sdan")
    write_scores(one.baselines("rgb"), "bicubic", 24, "p3: too dark")
    for number, run in enumerate(one.runs[:2]):
        write_scores(run.scores, run.name, 25 + number, "p3: too dark")
    one.failures["sdan-seed0"] = "out of memory"
    return one


def test_baselines_come_first_and_what_was_left_out_is_said_once(runner):
    rows, left_out = collect(runner)
    assert [row.method for row in rows] == ["bicubic"] * 2 + ["dcn-seed0"] * 2 + ["sdcn-seed0"] * 2
    assert left_out == ["p3: too dark"]


def test_tables_have_the_means_and_the_reasons_of_what_is_missing(runner, tmp_path):
    found = write_tables(runner, "Few steps.")
    assert [line.scores["honest"]["psnr_y"].mean for line in found] == [24, 25, 26]
    with (tmp_path / "results.csv").open() as file:
        assert {row["row"]: float(row["psnr_y"]) for row in csv.DictReader(file)} == {"": 24, "dcn": 25, "sdcn": 26}
    with (tmp_path / "pictures.csv").open() as file:
        assert [float(row["psnr_y"]) for row in csv.DictReader(file)] == [25, 23, 26, 24, 27, 25]
    text = (tmp_path / "table.md").read_text()
    assert text.endswith("- left out: sdan-seed0: out of memory\n- left out: p3: too dark\n")
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["left_out"] == ["sdan-seed0: out of memory", "p3: too dark"]
    assert (tmp_path / "table.tex").stat().st_size


def test_without_scores_nothing_is_written(tmp_path):
    assert write_tables(make_runner(tmp_path / "out", "table2", "dcn"), "Few steps.") == []
    assert not (tmp_path / "out").exists()


def test_a_figure_shows_every_row_that_has_a_picture_and_a_score(runner, tmp_path):
    home = tmp_path / "images" / "p0"
    home.mkdir(parents=True)
    truth = noise(160, 200, 3)
    for seed, name in enumerate(("truth", "bicubic-rgb", "dcn-seed0", "sdcn-seed0", "sdan-seed0")):
        Image.fromarray(truth // (seed + 1)).save(home / f"{name}.png")
    write_figures(runner, write_tables(runner, "Few steps."))
    with_rows = np.asarray(Image.open(tmp_path / "figures" / "p0.png"))
    (home / "sdcn-seed0.png").unlink()
    write_figures(runner, write_tables(runner, "Few steps."))
    without = np.asarray(Image.open(tmp_path / "figures" / "p0.png"))
    assert with_rows.size > without.size
    (home / "sdan-seed0.png").unlink()  # has no score
    write_figures(runner, write_tables(runner, "Few steps."))
    assert np.array_equal(without, np.asarray(Image.open(tmp_path / "figures" / "p0.png")))


def test_groups_with_an_axis_are_drawn_over_it_in_order(tmp_path):
    pytest.importorskip("matplotlib")
    one = make_runner(tmp_path, "alignment", "shift-*")
    for number, run in enumerate(reversed(one.runs)):
        write_scores(run.scores, run.name, 20 + number)
    expected = {(run.row.method, float(run.row.target)): 18 + n for n, run in enumerate(reversed(one.runs))}
    write_figures(one, write_tables(one, "Few steps."))
    (path,) = tmp_path.glob("curves-*.csv")
    with path.open() as file:
        head, *lines = csv.reader(file)
    assert (head[0], head[2]) == ("method", "psnr_rgb")
    assert {(method, float(x)): float(y) for method, x, y in lines} == expected
    for method in {line[0] for line in lines}:
        places = [float(x) for name, x, _ in lines if name == method]
        assert places == sorted(places)
    with Image.open(path.with_suffix(".png")) as picture:
        assert min(picture.size) > 100
