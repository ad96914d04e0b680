"""Training with other objectives through the real command line: resuming, two processes, what is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from places import REPOSITORY
from safetensors.torch import load_file
from trainings import quick, write_photos

from opticalzoom.cli.main import main
from opticalzoom.training.lightning import Batch, ZoomTraining

CONFIG = REPOSITORY / "configs" / "simulated-sdan-lite-x3.yaml"
GAME = {
    "model.objective.adversarial": 0.01,
    "model.objective.game": "plain",
    "model.objective.discriminator": 2,
    "model.objective.cobi_rgb": 0.1,
    "model.objective.patch": 4,
    "model.objective.samples": 50,
    "model.objective.pretraining": 0.3,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("objectives") / "photos"
    root.mkdir()
    return write_photos(root)


def arguments(folder: Path, out: Path, options: dict[str, object]) -> list[str]:
    chosen = quick(folder, out) | options
    return ["train", "--config", str(CONFIG), *(f"--{name}={value}" for name, value in chosen.items())]


def train(folder: Path, out: Path, options: dict[str, object], *more: str) -> int:
    return main([*arguments(folder, out, options), *more])


def checkpoint(out: Path) -> dict:
    return torch.load(out / "last.ckpt", weights_only=True, map_location="cpu")


def flat(values: object, where: str = "") -> dict[str, object]:
    """Nested values by their path."""
    if isinstance(values, dict | list | tuple):
        pairs = values.items() if isinstance(values, dict) else enumerate(values)
        return {name: leaf for key, value in pairs for name, leaf in flat(value, f"{where}/{key}").items()}
    return {where: values}


def same(one: object, other: object) -> bool:
    """To the last bit."""
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def test_a_game_that_was_interrupted_equals_one_played_through(folder, tmp_path, monkeypatch):
    assert train(folder, tmp_path / "straight", GAME) == 0
    original = ZoomTraining.training_step

    def interrupted(self: ZoomTraining, batch: Batch, batch_idx: int) -> torch.Tensor:
        if self.global_step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return original(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(ZoomTraining, "training_step", interrupted)
        assert train(folder, tmp_path / "broken", GAME) == 130
    halfway = checkpoint(tmp_path / "broken")["adversary"]
    assert train(folder, tmp_path / "broken", GAME, "--resume") == 0
    straight, broken = (checkpoint(tmp_path / run) for run in ("straight", "broken"))
    for part in ("global_step", "current_model_state", "state_dict", "optimizer_states", "adversary"):
        one, other = flat(straight[part]), flat(broken[part])
        assert one.keys() == other.keys()
        assert all(same(one[key], other[key]) for key in one), part
    first, last = halfway["discriminator"], straight["adversary"]["discriminator"]
    assert any(not torch.equal(first[name], last[name]) for name in first), "the discriminator learns"


def test_weights_and_averages_are_the_generators_and_every_term_is_logged(folder, tmp_path):
    assert train(folder, tmp_path / "run", GAME) == 0
    state = checkpoint(tmp_path / "run")
    names = {f"model.{name}" for name in load_file(tmp_path / "run" / "weights.safetensors")}
    assert state["state_dict"].keys() == state["current_model_state"].keys() == names
    assert len(state["optimizer_states"]) == 1
    assert state["global_step"] == 6
    rows = (tmp_path / "run" / "logs" / "version_0" / "metrics.csv").read_text().splitlines()
    assert {"train/adversarial", "train/cobi_rgb", "train/pixel", "train/discriminator"} <= set(rows[0].split(","))


def test_two_processes_play_one_game(folder, tmp_path):
    """Without randomness within the batch, two processes with a patch each take the steps of one with two."""
    options = {**GAME, "model.objective.cobi_rgb": 0, "model.objective.pretraining": 0, "trainer.max_steps": 2}
    assert train(folder, tmp_path / "one", options) == 0
    strategy = "ddp_find_unused_parameters_true"
    shared = {"data.batch_size": 1, "trainer.devices": 2, "trainer.strategy": strategy}
    command = [sys.executable, "-m", "opticalzoom", *arguments(folder, tmp_path / "two", options | shared)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert done.stderr.count("2 steps done") == 1, "the first process alone reports"
    one, two = (checkpoint(tmp_path / run) for run in ("one", "two"))
    for part in ("current_model_state", "adversary"):
        expected, got = flat(one[part]), flat(two[part])
        for key in expected:
            torch.testing.assert_close(got[key], expected[key], atol=1e-5, rtol=1e-3, msg=f"{part}{key}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model.objective.pixel": -1}, "model.objective.pixel is -1.0, expected a number from 0"),
        ({"model.objective.perceptual.relu9_9": 1}, "relu9_9"),
        ({"model.objective.network": "vgg", "model.objective.perceptual.relu1_2": 1}, "feature network is 'vgg'"),
        ({**GAME, "data.patch_size": 10}, "H and W at least 32"),
    ],
)
def test_what_the_user_can_mend_ends_with_2_and_says_so(folder, tmp_path, capsys, options, message):
    assert train(folder, tmp_path / "run", options) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert "Traceback" not in errors
