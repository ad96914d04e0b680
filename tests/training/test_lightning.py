"""The real command line and configs on a tiny folder of photographs, with a tiny net."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from places import REPOSITORY
from safetensors.torch import load_file
from trainings import quick, write_photos

from opticalzoom.cli.main import main
from opticalzoom.training import callbacks
from opticalzoom.training.lightning import Batch, ZoomTraining
from opticalzoom.weights.card import read_card

CONFIG = REPOSITORY / "configs" / "simulated-sdan-lite-x3.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("photos")
    return write_photos(root)


def train(folder: Path, out: Path, *more: str, steps: int = 6) -> int:
    options = {
        **quick(folder, out),
        "data.patch_size": 16,
        "model.arguments": '{"features": 8, "blocks": 1}',
        "trainer.max_steps": steps,
        "trainer.val_check_interval": 4,
    }
    return main(["train", "--config", str(CONFIG), *(f"--{k}={v}" for k, v in options.items()), *more])


def last_checkpoint(out: Path) -> dict:
    return torch.load(out / "last.ckpt", weights_only=True, map_location="cpu")


def assert_same(one: object, other: object, where: str = "") -> None:
    """Equal to the last bit, however nested."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key, value in one.items():
            assert_same(value, other[key], f"{where}/{key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), where
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{where}/{number}")
    else:
        assert one == other, where


def at_step(monkeypatch: pytest.MonkeyPatch, step: int, change) -> None:
    """Call ``change(batch)`` before that training step."""
    original = ZoomTraining.training_step

    def changed(self: ZoomTraining, batch: Batch, batch_idx: int) -> torch.Tensor:
        if self.global_step == step:
            change(batch)
        return original(self, batch, batch_idx)

    monkeypatch.setattr(ZoomTraining, "training_step", changed)


def test_a_run_leaves_weights_logs_and_pictures(folder, tmp_path, capsys):
    assert train(folder, tmp_path / "run") == 0
    card = read_card(tmp_path / "run" / "weights.safetensors")
    assert card.builder == "sdan_lite"
    assert card.arguments == {"scale": 3, "input": "rgb", "features": 8, "blocks": 1}
    assert card.training["steps"] == 6
    assert card.training["val/psnr_y"] > 10
    assert str(folder) not in str(card)
    assert "cache" not in card.training["data"]
    rows = (tmp_path / "run" / "logs" / "version_0" / "metrics.csv").read_text()
    assert "train/loss" in rows.splitlines()[0]
    assert list((tmp_path / "run" / "pictures").glob("*-crops.png"))
    assert "v_num" not in capsys.readouterr().out


@pytest.mark.parametrize("white_balance", ["input", "target"])
def test_a_network_for_raw_files_is_trained_and_its_weights_say_where_the_gains_go(folder, tmp_path, white_balance):
    options = (
        "--data.input=raw",
        f"--data.white_balance={white_balance}",
        "--data.patch_size=8",
        "--model.unaligned=0.5",
    )
    assert train(folder, tmp_path / "run", *options) == 0
    card = read_card(tmp_path / "run" / "weights.safetensors")
    assert card.arguments["input"] == card.training["data"]["input"] == "raw"
    assert card.training["data"]["white_balance"] == white_balance
    assert card.training["val/psnr_y"] > 10
    assert list((tmp_path / "run" / "pictures").glob("*-crops.png"))
    assert list((tmp_path / "run" / "pictures").glob("*-offset.png"))


@pytest.mark.parametrize("step", [2, 4], ids=["between validations", "after one"])
def test_interrupted_and_resumed_equals_straight_through(folder, tmp_path, monkeypatch, step):
    assert train(folder, tmp_path / "straight") == 0
    with monkeypatch.context() as patch:
        at_step(patch, step, lambda _: os.kill(os.getpid(), signal.SIGINT))
        assert train(folder, tmp_path / "broken") == 130
    assert last_checkpoint(tmp_path / "broken")["global_step"] == step + 1
    assert train(folder, tmp_path / "broken", "--resume") == 0
    weights = [load_file(tmp_path / run / "weights.safetensors") for run in ("straight", "broken")]
    assert_same(*weights)
    checkpoints = [last_checkpoint(tmp_path / run) for run in ("straight", "broken")]
    for part in ("global_step", "state_dict", "current_model_state", "optimizer_states", "lr_schedulers"):
        assert_same(*(checkpoint[part] for checkpoint in checkpoints), part)


def test_a_longer_run_goes_on_from_the_raw_weights(folder, tmp_path):
    """After the end the averaged weights are the model's: the checkpoint must not have taken them for the raw ones."""
    options = ("--model.schedule=constant",)
    assert train(folder, tmp_path / "straight", *options) == 0
    assert train(folder, tmp_path / "longer", *options, steps=3) == 0
    assert train(folder, tmp_path / "longer", *options, "--resume") == 0
    assert_same(*(load_file(tmp_path / run / "weights.safetensors") for run in ("straight", "longer")))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Killed(BaseException):
    """As if the process ended there."""


def killed(*_: object) -> None:
    raise Killed


def test_resuming_what_is_done_changes_no_byte_and_restores_lost_weights(folder, tmp_path, capsys):
    assert train(folder, tmp_path / "run") == 0
    before = contents(tmp_path / "run")
    assert train(folder, tmp_path / "run", "--resume") == 0
    assert "6 steps done" in capsys.readouterr().err
    assert contents(tmp_path / "run") == before
    (tmp_path / "run" / "weights.safetensors").unlink()
    assert train(folder, tmp_path / "run", "--resume") == 0
    assert contents(tmp_path / "run") == before


@pytest.mark.parametrize(
    ("where", "name", "interval"),
    [
        (ZoomTraining, "validation_step", 6),  # the last one
        (callbacks.WeightsFile, "on_train_end", 4),
        (ZoomTraining, "validation_step", 4),  # right behind a checkpoint
    ],
)
def test_a_run_that_was_killed_near_its_end_leaves_the_same_files(folder, tmp_path, monkeypatch, where, name, interval):
    options = (f"--trainer.val_check_interval={interval}", "--checkpoint_minutes=1e-9")
    assert train(folder, tmp_path / "straight", *options) == 0
    with monkeypatch.context() as patch:
        patch.setattr(where, name, killed)
        with pytest.raises(Killed):
            train(folder, tmp_path / "broken", *options)
    assert train(folder, tmp_path / "broken", *options, "--resume") == 0
    straight, broken = (contents(tmp_path / run) for run in ("straight", "broken"))
    assert broken["weights.safetensors"] == straight["weights.safetensors"]
    pictures = {path for path in straight if path.startswith("pictures")}
    assert {path: broken.get(path) for path in pictures} == {path: straight[path] for path in pictures}


def test_a_loss_that_is_not_finite_stops_the_run(folder, tmp_path, monkeypatch, capsys):
    assert train(folder, tmp_path / "run", steps=2) == 0
    at_step(monkeypatch, 4, lambda batch: batch["x"].fill_(np.nan))
    assert train(folder, tmp_path / "run", "--resume") == 2
    assert "the loss is nan at step 4" in capsys.readouterr().err
    checkpoint = last_checkpoint(tmp_path / "run")
    assert checkpoint["global_step"] == 4, "of the validation before"
    assert all(torch.isfinite(tensor).all() for tensor in checkpoint["state_dict"].values())


def test_several_folders_are_mixed_and_each_must_have_pairs(folder, tmp_path, capsys):
    other = tmp_path / "other"
    other.mkdir()
    for photo in sorted(folder.iterdir())[:3]:
        (other / f"again-{photo.name}").write_bytes(photo.read_bytes())
    assert train(folder, tmp_path / "run", f"--data.root=[{folder}, {other}]", steps=2) == 0
    (tmp_path / "empty").mkdir()
    assert train(folder, tmp_path / "none", f"--data.root=[{folder}, {tmp_path / 'empty'}]") == 2
    assert str(tmp_path / "empty") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--data.scale=5"], "scale is 5"),
        (["--model.builder=nothing"], "there is no model 'nothing'"),
        (["--trainer.max_steps=-1"], "counted in steps"),
        (["--resume"], "no checkpoint to resume from"),
        (["--data.root=/nowhere/at/all"], "no such folder"),
        (["--data.patch_size=100"], "no pair of at least 100×100"),
    ],
)
def test_what_the_user_can_mend_ends_with_2_and_says_so(folder, tmp_path, capsys, more, message):
    assert train(folder, tmp_path / "run", *more) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert "Traceback" not in errors


def test_a_finished_run_is_not_replaced_unasked(folder, tmp_path, capsys):
    assert train(folder, tmp_path / "run", steps=1) == 0
    before = (tmp_path / "run" / "weights.safetensors").read_bytes()
    assert train(folder, tmp_path / "run", steps=2) == 2
    assert "holds a run already" in capsys.readouterr().err
    assert (tmp_path / "run" / "weights.safetensors").read_bytes() == before
    assert train(folder, tmp_path / "run", "--overwrite", steps=2) == 0


def test_the_folder_of_pairs_is_required(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--config", str(CONFIG)])
    assert stop.value.code == 2
    assert "root" in capsys.readouterr().err
