"""Weights files that may be missing or wrong."""

from __future__ import annotations

import importlib.metadata

import pytest
import torch

from opticalzoom.errors import CheckpointError, DependencyError
from opticalzoom.models.backbones.weight_files import lpips_weights, read_state, stlpips_file


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
