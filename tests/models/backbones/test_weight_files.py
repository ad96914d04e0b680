"""Weights files that may be missing or wrong."""

from __future__ import annotations

import importlib.metadata
import random
import zipfile

import pytest
import torch

from opticalzoom.errors import CheckpointError, DependencyError
from opticalzoom.models.backbones.weight_files import lpips_weights, read_state, read_tensors, stlpips_file


def test_damaged_missing_and_foreign_files(tmp_path):
    for name, content in {"text.pth": b"not weights", "empty.pth": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CheckpointError, match=name):
            read_state(tmp_path / name)
    with pytest.raises(CheckpointError, match="absent"):
        read_state(tmp_path / "absent.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(CheckpointError, match="state dict"):
        read_state(tmp_path / "list.pth")


def test_checkpoints_of_other_networks_hold_no_lpips_weights():
    with pytest.raises(CheckpointError, match="no LPIPS weights"):
        lpips_weights({"features.0.weight": torch.zeros(1)})


def test_without_the_wheel_the_remedy_is_named(monkeypatch):
    def absent(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    with pytest.raises(DependencyError, match="pip install stlpips-pytorch"):
        stlpips_file("vgg")


def test_bytes_of_any_kind_are_told_with_a_remedy_and_without_advice_to_unpickle(tmp_path):
    path = tmp_path / "a.pth"
    torch.save({"a": torch.zeros(9), 3: torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="something else than a state dict"):
        read_state(path)
    whole, rng = path.read_bytes(), random.Random(0)
    told = []
    for _ in range(60):
        content = bytearray(whole[: rng.randrange(len(whole)) if rng.random() < 0.3 else None])
        for _ in range(rng.choice((0, 1, 30))):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content)
        try:
            read_tensors(path)
        except CheckpointError as error:
            told.append(str(error))
    assert len(told) > 20
    assert all(text.endswith("Copy or download it again.") for text in told)
    assert not any("This file can still be loaded" in text for text in told)


def test_a_bomb_is_refused_at_once(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pth", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", bytes(10_000_000))
    with pytest.raises(CheckpointError, match="claims to hold more than it does"):
        read_tensors(tmp_path / "a.pth")
