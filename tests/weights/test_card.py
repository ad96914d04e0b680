"""Cards of weights files, read without PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from opticalzoom.errors import CheckpointError
from opticalzoom.weights.card import ModelCard, bundled, is_weights_file, read_card, resolve

CARD = ModelCard("bicubic", {"scale": 3}, {"steps": 5, "data": {"white_balance": "target"}})


def file(path, metadata):
    save_file({"x": np.zeros(1, np.float32)}, path, metadata=metadata)
    return path


def test_a_card_survives(tmp_path):
    path = file(tmp_path / "a.safetensors", CARD.to_metadata())
    assert read_card(path) == CARD
    assert read_card(path).white_balance == "target"
    assert is_weights_file(path)


def test_bundled_weights_are_found_by_name():
    for name, path in bundled().items():
        assert resolve(name) == path
        assert read_card(name).arguments["scale"] in (3, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "another-1"}, "another program"),
        ({"arguments": "{"}, "damaged metadata"),
        ({"training": None}, "damaged metadata"),
        ({"training": "[]"}, "damaged metadata"),
        ({"arguments": "3"}, "damaged metadata"),
        ({"training": "[" * 100_000}, "damaged metadata"),
    ],
)
def test_damaged_cards(tmp_path, change, message):
    metadata = {key: value for key, value in (CARD.to_metadata() | change).items() if value is not None}
    with pytest.raises(CheckpointError, match=message):
        read_card(file(tmp_path / "a.safetensors", metadata))


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"\xff" * 100])
def test_files_that_are_no_weights(tmp_path, content):
    (tmp_path / "a.safetensors").write_bytes(content)
    assert not is_weights_file(tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match="no safetensors file"):
        read_card(tmp_path / "a.safetensors")


def test_a_missing_file_names_what_is_bundled(tmp_path):
    with pytest.raises(CheckpointError, match="city100-x3"):
        resolve(tmp_path / "none.safetensors")
