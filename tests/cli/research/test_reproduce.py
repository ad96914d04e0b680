"""The verb ``reproduce`` through the real command line on a tiny folder of photographs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml
from trainings import write_photos

from opticalzoom.cli.main import main
from opticalzoom.evaluation.labels import PROTOCOLS
from opticalzoom.evaluation.studies import bars
from opticalzoom.evaluation.studies.pace import Progress, read_progress
from opticalzoom.evaluation.studies.work import TRIAL_STEPS


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("photos")
    return write_photos(root, 144)


def arguments(folder: Path, out: Path, *more: str) -> list[str]:
    words = ["reproduce", "table2", "--data", folder, "--cache", folder.parent / "cache", "-o", out, *more]
    options = {"registration": "none", "misalignment": 0, "local": 0, "patch_size": 16, "batch_size": 2}
    return [*map(str, words), "--", *(f"--data.{name}={value}" for name, value in options.items())]


def weights(out: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sorted(out.glob("rows/*/weights.safetensors"))}


def test_rows_are_trained_scored_and_tabled_and_not_again(folder, tmp_path, capsys):
    out = tmp_path / "out"
    words = arguments(folder, out, "--steps", "2", "--rows", "sdcn", "sdan", "--jobs", "2", "--seeds", "3")
    assert main(words) == 0
    assert "bicubic" in capsys.readouterr().out
    rows = list(csv.DictReader((out / "results.csv").open()))
    assert {row["row"] for row in rows} == {"", "sdcn", "sdan"}
    assert {row["protocol"] for row in rows} == set(PROTOCOLS)
    assert {row["seeds"] for row in rows if row["row"]} == {"1"}
    assert all((out / name).stat().st_size for name in ("table.md", "table.tex", "results.json", "pictures.csv"))
    assert len(list((out / "figures").glob("*.png"))) == len(list((out / "images").glob("*")))
    configs = [
        yaml.safe_load((out / "rows" / name / "config.yaml").read_text()) for name in ("sdcn-seed3", "sdan-seed3")
    ]
    assert configs[0]["data"] == configs[1]["data"]
    assert configs[0]["trainer"] == configs[1]["trainer"]
    before = weights(out)
    assert len(before) == 2
    stamps = {path: path.stat().st_mtime_ns for path in out.glob("rows/*/weights.safetensors")}
    pretrained = ["--pretrained", f"again={out / 'rows' / 'sdcn-seed3' / 'weights.safetensors'}"]
    assert main([*words[: words.index("--")], *pretrained, *words[words.index("--") :]]) == 0
    by_row = {row["row"]: row for row in csv.DictReader((out / "results.csv").open()) if row["protocol"] == "oracle"}
    assert by_row["pretrained-again"]["psnr_y"] == by_row["sdcn"]["psnr_y"]
    table = (out / "table.md").read_text()
    assert "again (pre-trained)" in table
    assert "2 steps of 2 patches" in table
    assert str(tmp_path) not in table
    assert stamps == {path: path.stat().st_mtime_ns for path in out.glob("rows/*/weights.safetensors")}
    assert main(arguments(folder, out, "--steps", "3", "--rows", "dcn")) == 2
    assert "has rows of 2 steps" in capsys.readouterr().err


def test_interrupted_and_continued(folder, tmp_path, capsys, monkeypatch):
    out = tmp_path / "out"
    words = arguments(folder, out, "--steps", "2000", "--rows", "sdcn")
    home = out / "rows" / "sdcn-seed0"
    with monkeypatch.context() as patch:
        patch.setattr(bars, "read_progress", interrupt_after_a_step)
        assert main(words) == 130
    assert "The same command goes on" in capsys.readouterr().out
    done = read_progress(home / "pace.json").steps
    assert 0 < done < 2000
    assert (home / "last.ckpt").exists()
    assert not (home / "scores.json").exists()
    settings = json.loads((out / "study.json").read_text())
    (out / "study.json").write_text(json.dumps(settings | {"steps": done + 3}))
    (home / "config.yaml").unlink()
    assert main(arguments(folder, out, "--rows", "sdcn")) == 0
    assert "--resume continues" in (home / "log.txt").read_text()
    assert read_progress(home / "pace.json").steps == done + 3
    assert (home / "scores.json").exists()


def interrupt_after_a_step(pace: Path) -> Progress:
    """Ctrl-C, when the bar shows that a step is done."""
    progress = read_progress(pace)
    if progress.steps:
        raise KeyboardInterrupt
    return progress


def test_a_budget_becomes_steps_and_a_failing_row_does_not_stop_the_others(folder, tmp_path, capsys, monkeypatch):
    out, noted = tmp_path / "out", []

    def read(path: Path) -> Progress:
        noted.append(read_progress(path))
        return Progress(noted[-1].steps, {"sdcn-seed0": 0.25, "sdan-seed0": 0.75}[path.parent.name])

    monkeypatch.setattr(
        "opticalzoom.evaluation.studies.run.read_progress", read
    )  # real ones are a matter of the machine
    broken = out / "rows" / "sdcn-seed0" / "weights.safetensors"
    broken.mkdir(parents=True)  # what cannot be written
    assert main(arguments(folder, out, "--budget", "2s", "--rows", "sdcn", "sdan")) == 2
    assert [(progress.steps, progress.seconds > 0) for progress in noted] == [(TRIAL_STEPS, True)] * 2
    settings = json.loads((out / "study.json").read_text())
    assert settings["steps"] == 2
    assert settings["seconds"] == {"sdcn": 0.25, "sdan": 0.75}
    assert "failed: sdcn-seed0" in capsys.readouterr().err
    assert (out / "rows" / "sdan-seed0" / "scores.json").exists()
    assert "sdcn-seed0" in (out / "table.md").read_text()


@pytest.mark.parametrize(
    ("more", "message"),
    [(["--rows", "nothing"], "has no row 'nothing'"), (["--data", "/nowhere/at/all"], "no such folder")],
)
def test_what_the_user_can_mend_ends_with_2(folder, tmp_path, capsys, more, message):
    assert main(arguments(folder, tmp_path / "out", "--steps", "1", *more)) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--steps", "0"], "argument --steps: got '0', expected a whole number from 1 to 1000000000"),
        (["--jobs", "0"], "argument --jobs: got '0', expected a whole number from 1 to 1024"),
        (["--seeds", "0", "-1"], "argument --seeds: got '-1', expected a whole number from 0 to 4294967295"),
        (["--budget", "20"], "argument --budget: got '20', expected a time as 90s, 20m, 1.5h or 3d"),
        (["--pretrained", "a.onnx"], "argument --pretrained: got 'a.onnx', expected NAME=FILE"),
    ],
)
def test_numbers_out_of_range_say_what_is_expected(tmp_path, capsys, words, expected):
    with pytest.raises(SystemExit, match="2"):
        main(["reproduce", "table2", "--data", str(tmp_path), "-o", str(tmp_path / "out"), *words])
    assert expected in capsys.readouterr().err
