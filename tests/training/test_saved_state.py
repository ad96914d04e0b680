from __future__ import annotations

import errno
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from opticalzoom.errors import CheckpointError, TrainingError
from opticalzoom.training.saved_state import StateFiles, load_run, load_state, save_state, unusable_state

STATE = {"global_step": 3, "weights": {"a": torch.arange(50.0)}, "scores": [1.5, None, "x"]}


def run_state(network: nn.Module) -> dict:
    weights = network.state_dict()
    return {
        "global_step": 3,
        "state_dict": weights,
        "current_model_state": weights,
        "averaging_state": {},
        "optimizer_states": [],
        "lr_schedulers": [],
        "loops": {},
        "callbacks": {},
    }


def test_what_is_saved_is_loaded_and_nothing_else_is_left(tmp_path: Path) -> None:
    for step in (3, 4):
        StateFiles().save_checkpoint(STATE | {"global_step": step}, tmp_path / "last.ckpt")
    found = StateFiles().load_checkpoint(tmp_path / "last.ckpt", "cpu")
    assert found["global_step"] == 4
    assert torch.equal(found["weights"]["a"], STATE["weights"]["a"])
    assert found["scores"] == STATE["scores"]
    assert list(tmp_path.iterdir()) == [tmp_path / "last.ckpt"]
    StateFiles().remove_checkpoint(tmp_path / "last.ckpt")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_state(tmp_path / "last.ckpt", STATE)

    def full(self: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(TrainingError, match=r"last\.ckpt: cannot be written: No space left on device\. Free some"):
        save_state(tmp_path / "last.ckpt", STATE | {"global_step": 4})
    assert load_state(tmp_path / "last.ckpt")["global_step"] == 3


class Evil:
    """Would print when it is unpickled."""

    def __reduce__(self) -> tuple:
        return print, ("unpickled",)


def test_damaged_checkpoints_are_told_and_never_unpickled(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "last.ckpt"
    save_state(path, STATE)
    whole = path.read_bytes()
    flipped = bytes(255 - byte if 300 < place < 340 else byte for place, byte in enumerate(whole))
    for content in (b"", whole[:100], whole[:-100], b"no zip" * 50, flipped, pickle.dumps(Evil()), pickle.dumps(3)):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"last\.ckpt: .*Copy it again"):
            load_state(path)
    place = whole.index(STATE["weights"]["a"].numpy().tobytes()) + 99
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with pytest.raises(CheckpointError, match="is not as it was written"):
        load_state(path)
    torch.save(Evil(), path)
    with pytest.raises(CheckpointError, match=r"Weights only load failed\.\)\. Copy"):
        load_state(path)
    assert "unpickled" not in capsys.readouterr().out
    with pytest.raises(CheckpointError, match="none"):
        load_state(tmp_path / "none")


def test_a_checkpoint_of_a_run_has_all_parts_and_the_networks_tensors(tmp_path: Path) -> None:
    network, path = nn.Linear(3, 2), tmp_path / "last.ckpt"
    state = run_state(network)
    save_state(path, state)
    assert load_run(path, network)["global_step"] == 3
    for part in state:
        for value in (None, "3", 2.5):
            save_state(path, state | {part: value})
            with pytest.raises(CheckpointError, match=part):
                load_run(path, network)
    for steps in (-1, 10**30):
        save_state(path, state | {"global_step": steps})
        with pytest.raises(CheckpointError, match="global_step is out of range"):
            load_run(path, network)
    save_state(path, state)
    with pytest.raises(CheckpointError, match=r"another network: bias has the shape \(2,\), expected \(4,\)"):
        load_run(path, nn.Linear(3, 4))
    save_state(path, state | {"state_dict": {"bias": "text", 3: 4}})
    with pytest.raises(CheckpointError, match="another network"):
        load_run(path, network)


def test_long_causes_are_cut(tmp_path: Path) -> None:
    told = str(unusable_state(tmp_path, RuntimeError("first line\nadvice to unpickle")))
    assert "RuntimeError: first line)" in told
    assert "unpickle" not in told
