"""The verb ``evaluate`` on folders of tiny pairs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from evaluated import SCALE, pair
from PIL import Image

from opticalzoom.cli.research.evaluate import leak_note, method_names, run_evaluate
from opticalzoom.engines.checkpoint import save_model
from opticalzoom.errors import OpticalZoomError, OutputExistsError, PairError
from opticalzoom.evaluation.labels import PROTOCOLS
from opticalzoom.metrics import METRICS, PERCEPTUAL
from opticalzoom.models import build
from opticalzoom.weights.card import ModelCard


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good pairs and one of the wrong size as parallel folders, and weights."""
    for seed in range(3):
        one = pair(seed)
        for kind, image in (("x", one.x), ("y", one.y[: 90 if seed == 2 else None])):
            (tmp_path / "data" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(tmp_path / "data" / kind / f"pair{seed}.png")
    card = ModelCard("bicubic", {"scale": SCALE})
    save_model(tmp_path / "ours.safetensors", build("bicubic", scale=SCALE), card)
    return tmp_path


def run_verb(folder: Path, *more: str) -> int:
    places = ["--weights", str(folder / "ours.safetensors"), "--data", str(folder / "data"), "-o", str(folder / "out")]
    return run_evaluate([*places, "--split", "all", *more])


def test_the_verb_develops_mosaics_for_weights_of_photos(folder):
    card = ModelCard("bicubic", {"scale": SCALE, "input": "raw"})
    save_model(folder / "raw.safetensors", build("bicubic", scale=SCALE, input="raw"), card)
    weights = ["--weights", str(folder / "ours.safetensors"), str(folder / "raw.safetensors")]
    arguments = [*weights, "--data", str(folder / "data"), "--split", "all", "-o", str(folder / "out")]
    assert run_evaluate(arguments) == 0
    with (folder / "out" / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["method"] for row in rows} == {"bicubic", "ours", "raw"}
    assert {row["name"] for row in rows} == {"pair0", "pair1"}


def test_verb_writes_all_results(folder, capsys):
    assert run_verb(folder, "--protocol", *PROTOCOLS) == 0
    out = folder / "out"
    assert sorted(path.name for path in out.iterdir()) == ["contact.png", "results.csv", "results.json", "table.md"]

    rows = list(csv.DictReader((out / "results.csv").open()))
    assert list(rows[0]) == ["name", "method", "protocol", *METRICS, "seconds"]
    honest = [row for row in rows if row["protocol"] == "honest"]
    assert [(row["name"], row["method"]) for row in honest] == [
        ("pair0", "bicubic"),
        ("pair0", "ours"),
        ("pair1", "bicubic"),
        ("pair1", "ours"),
    ]

    results = json.loads((out / "results.json").read_text())
    mean = np.mean([float(row["psnr_y"]) for row in honest if row["method"] == "ours"])
    ours = next(m for m in results["means"] if (m["protocol"], m["method"]) == ("honest", "ours"))
    assert ours["scores"]["psnr_y"] == pytest.approx(mean, abs=1e-5)
    assert ours["images"] == 2
    assert "--protocol honest aligned oracle" in results["command"]
    assert any("pair2, honest: Y has 90×128 pixels" in reason for reason in results["skipped"])

    table = (out / "table.md").read_text()
    assert "it sees the ground truth" in table
    assert f"| ours | {mean:.2f} |" in table
    assert "pair2, honest" in table
    assert "left out: pair2, honest" in capsys.readouterr().err


def test_verb_replaces_results_only_when_asked(folder):
    run_verb(folder)
    with pytest.raises(OutputExistsError):
        run_verb(folder)
    assert run_verb(folder, "--overwrite") == 0


def test_verb_without_usable_pairs_writes_nothing(folder):
    for seed in range(2):
        (folder / "data" / "y" / f"pair{seed}.png").write_bytes(b"no picture")
    with pytest.raises(PairError, match="no pair could be evaluated"):
        run_verb(folder)
    assert not (folder / "out").exists()


def test_verb_refuses_a_file_as_output(folder):
    (folder / "out").write_text("mine")
    with pytest.raises(OpticalZoomError, match="is a file"):
        run_verb(folder, "--overwrite")


def test_method_names_tell_files_apart():
    assert method_names(["a/best.safetensors", "c/x.safetensors"]) == ["best", "x"]
    assert method_names(["a/w.safetensors", "b/w.safetensors"]) == ["a/w.safetensors", "b/w.safetensors"]
    assert method_names(["runs/bicubic.safetensors"]) == ["runs/bicubic.safetensors"]


def test_self_ensemble_has_its_row_and_perceptual_metrics_their_column(folder, monkeypatch):
    monkeypatch.setitem(PERCEPTUAL, "st_lpips", lambda: lambda output, target, mask: (output - target).mean()[None])
    assert run_verb(folder, "--self-ensemble", "--perceptual", "st_lpips") == 0
    rows = list(csv.DictReader((folder / "out" / "results.csv").open()))
    assert list(rows[0]) == ["name", "method", "protocol", *METRICS, "st_lpips", "seconds"]
    by_method = {row["method"]: row for row in rows if row["name"] == "pair0"}
    assert set(by_method) == {"bicubic", "ours", "ours, self-ensemble"}
    ensemble, plain = (float(by_method[name]["psnr_rgb"]) for name in ("ours, self-ensemble", "ours"))
    assert ensemble == pytest.approx(plain, abs=0.01)  # bicubic is the same however the picture is turned
    assert "ST LPIPS" in (folder / "out" / "table.md").read_text()
    command = json.loads((folder / "out" / "results.json").read_text())["command"]
    assert "--perceptual st_lpips --self-ensemble" in command


def test_files_named_with_control_characters_are_shown_so(folder, capsys):
    (folder / "data" / "x" / "pair2.png").rename(folder / "data" / "x" / "pair2\x1b[2J.png")
    (folder / "data" / "y" / "pair2.png").rename(folder / "data" / "y" / "pair2\x1b[2J.png")
    assert run_verb(folder) == 0
    assert "left out: pair2\\x1b[2J, honest" in capsys.readouterr().err


def test_scores_of_training_pairs_are_named_as_such():
    assert leak_note(["a", "b"], ["c"]) == leak_note([], ["c"]) == ""
    assert leak_note(["a", "b", "c"], ["b", "c", "d"]).startswith("2 of 3 pairs are this folder's training pairs")
