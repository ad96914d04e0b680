"""What a row of a study leaves, with a tiny network that is already trained, and what ``train`` is asked to do."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from networks import small_network
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from trainings import write_photos

from opticalzoom.engines.checkpoint import save_model
from opticalzoom.errors import PairError
from opticalzoom.evaluation.labels import PROTOCOLS
from opticalzoom.evaluation.studies import work
from opticalzoom.evaluation.studies.study import StudyRow
from opticalzoom.evaluation.studies.work import Run
from opticalzoom.pairs.sources import open_source
from opticalzoom.weights.card import ModelCard

SCALE = 2


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A row whose weights are there, and a folder with test pairs."""
    (tmp_path / "photos").mkdir()
    write_photos(tmp_path / "photos", 48)
    row = StudyRow("tiny", "Tiny", "Tiny", None, 0, ())
    config = {"data": {"root": str(tmp_path / "photos"), "scale": SCALE, "input": "rgb"}}
    one = Run(row, 3, tmp_path / "out", config, flags=("--trainer.devices=1",))
    card = ModelCard("sdan_lite", {"scale": SCALE, "features": 4, "blocks": 1})
    one.folder.mkdir(parents=True)
    save_model(one.folder / "weights.safetensors", small_network("sdan_lite", scale=SCALE), card)
    return one


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Arguments of every training, none of which happens; each notes its pace and ends with the code that is set."""
    calls: list[list[str]] = []

    def run_training(arguments: list[str]) -> SimpleNamespace:
        calls.append(arguments)
        pace = next(word for word in arguments if word.startswith("--trainer.callbacks.file="))
        Path(pace.partition("=")[2]).write_text(json.dumps({"steps": 7, "seconds": 0.5}))
        return SimpleNamespace(speaks=False, exit_code=0)

    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(work, "run_training", run_training)
    return calls


def test_a_run_has_its_own_folder_in_the_study(run, tmp_path):
    assert run.name == "tiny-seed3"
    assert run.folder == tmp_path / "out" / "rows" / "tiny-seed3"
    assert {path.parent for path in (run.scores, run.trained, run.pace)} == {run.folder}
    assert run.input == "rgb"


def test_a_row_is_scored_under_every_protocol_as_its_pictures_say(run):
    assert work.score_row(run) == 0
    content = json.loads(run.scores.read_text())
    names = open_source(run.config["data"]["root"], scale=SCALE).names("test")
    assert {row["method"] for row in content["rows"]} == {run.name, f"{run.name}, no offsets"}
    honest = {row["name"]: row["scores"] for row in content["rows"] if chosen(row, run.name, "honest")}
    assert list(honest) == names
    assert {"honest", "oracle"} <= {row["protocol"] for row in content["rows"]} <= set(PROTOCOLS)
    for name, scores in honest.items():
        ours, truth = (np.asarray(Image.open(run.out / "images" / name / f"{one}.png")) for one in (run.name, "truth"))
        assert scores["psnr_rgb"] == pytest.approx(peak_signal_noise_ratio(truth, ours), abs=1e-3)


def chosen(row: dict, method: str, protocol: str) -> bool:
    return (row["method"], row["protocol"]) == (method, protocol)


def test_baselines_are_scored_once_for_a_kind_of_input(run):
    path = run.out / "baselines.json"
    assert work.score_baselines(run, path) == 0
    assert {row["method"] for row in json.loads(path.read_text())["rows"]} == {"bicubic"}
    assert {path.name for path in (run.out / "images").glob("*/*")} == {"bicubic-rgb.png", "truth.png"}


def test_without_test_pairs_there_is_nothing_to_score(run, tmp_path):
    (tmp_path / "one").mkdir()
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(tmp_path / "one" / "a.png")
    run.config["data"]["root"] = str(tmp_path / "one")
    with pytest.raises(PairError, match="holds no test pairs"):
        work.score_row(run)


def test_a_training_begins_anew_or_from_its_checkpoint(run, asked):
    assert work.train_row(run) == 0
    (run.folder / "last.ckpt").write_bytes(b"")
    assert work.train_row(run) == 0
    assert ["--overwrite" in asked[0], "--resume" in asked[0]] == [True, False]
    assert ["--overwrite" in asked[1], "--resume" in asked[1]] == [False, True]
    for words in asked:
        assert words[:2] == [f"--config={run.folder / 'config.yaml'}", f"--out={run.folder}"]
        assert words[-1] == "--trainer.devices=1"


def test_a_trial_takes_a_few_steps_without_validation(run, asked):
    assert work.try_row(run) == 0
    assert f"--trainer.max_steps={work.TRIAL_STEPS}" in asked[0]
    assert "--trainer.limit_val_batches=0" in asked[0]


def test_a_trained_row_is_only_scored(run, asked):
    assert work.train_and_score_row(run) == 0
    assert json.loads(run.trained.read_text()) == {"steps": 7, "seconds": 0.5}
    run.scores.unlink()
    assert work.train_and_score_row(run) == 0
    assert len(asked) == 1
    assert run.scores.exists()


def test_a_training_that_fails_is_not_scored(run, monkeypatch):
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(work, "run_training", lambda words: SimpleNamespace(speaks=False, exit_code=130))
    assert work.train_and_score_row(run) == 130
    assert not run.trained.exists()
    assert not run.scores.exists()
