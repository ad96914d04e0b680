"""A training run called from Python: what it returns, and what it refuses before it begins."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from trainings import quick, write_photos

from opticalzoom.errors import ConfigError, OutputExistsError
from opticalzoom.training.lightning import ZoomTraining
from opticalzoom.training.runs import TrainingOutcome, prepare_out, run_training


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "photos"
    folder.mkdir()
    return write_photos(folder)


def words(photos: Path, out: Path, *more: str) -> list[str]:
    options = quick(photos, out) | {"model.builder": "srresnet_lite", "trainer.max_steps": 3}
    return [*(f"--{name}={value}" for name, value in options.items()), *more]


def test_a_finished_run_tells_its_folder_and_its_steps(photos, tmp_path):
    outcome = run_training(words(photos, tmp_path / "run"))
    assert outcome == TrainingOutcome(tmp_path / "run", steps=3, stopped=False)
    assert outcome.exit_code == 0
    assert str(tmp_path / "run" / "weights.safetensors") in outcome.summary
    assert (tmp_path / "run" / "weights.safetensors").is_file()


def test_a_stopped_run_tells_how_to_go_on_and_counts_all_steps_when_it_did(photos, tmp_path, monkeypatch):
    original = ZoomTraining.training_step

    def interrupted(self, batch, batch_idx):
        os.kill(os.getpid(), signal.SIGINT)
        return original(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(ZoomTraining, "training_step", interrupted)
        outcome = run_training(words(photos, tmp_path / "run"))
    assert (outcome.steps, outcome.stopped, outcome.exit_code) == (1, True, 130)
    assert "--resume continues" in outcome.summary
    assert run_training(words(photos, tmp_path / "run", "--resume")).steps == 3


def test_a_run_is_neither_lost_nor_invented(tmp_path):
    prepare_out(tmp_path, resume=False, overwrite=False)
    with pytest.raises(ConfigError, match="no checkpoint to resume from"):
        prepare_out(tmp_path, resume=True, overwrite=False)
    for name in ("last.ckpt", "weights.safetensors"):
        (tmp_path / name).touch()
        with pytest.raises(OutputExistsError, match="holds a run already"):
            prepare_out(tmp_path, resume=False, overwrite=False)
        prepare_out(tmp_path, resume=False, overwrite=True)
        if name == "weights.safetensors":
            prepare_out(tmp_path, resume=True, overwrite=False)
