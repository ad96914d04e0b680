"""The verb ``export``: the file that it writes, what it says of it, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from opticalzoom.cli.main import main
from opticalzoom.engines.checkpoint import load_model, save_model
from opticalzoom.engines.runtimes import OnnxRuntimeEngine
from opticalzoom.models import build
from opticalzoom.weights.card import ModelCard

pytest.importorskip("onnx")


@pytest.fixture
def weights(tmp_path):
    card = ModelCard("bicubic", {"scale": 2})
    return str(save_model(tmp_path / "tiny.safetensors", build("bicubic", scale=2), card))


def test_verb(tmp_path, weights, capsys):
    path = tmp_path / "new" / "tiny.onnx"
    assert main(["export", weights, "-o", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "onnxruntime: differs from PyTorch by at most" in printed
    x = np.random.default_rng(0).random((1, 3, 5, 6), np.float32)
    np.testing.assert_allclose(
        OnnxRuntimeEngine(path)(x),
        load_model(weights).forward_unaligned(torch.from_numpy(x)).image.numpy(),
        rtol=0,
        atol=1e-5,
    )
    before = path.read_bytes()
    assert main(["export", weights, "-o", str(path), "--precision", "float16"]) == 2
    assert "is already there" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert main(["export", weights, "-o", str(path), "--precision", "float16", "--overwrite"]) == 0
    assert OnnxRuntimeEngine(path).exported.precision == "float16"


def test_verb_with_bad_arguments(tmp_path, weights, capsys):
    assert main(["export", weights, "-o", str(tmp_path / "tiny.pb")]) == 2
    assert "suffix '.pb', expected .onnx or .param" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "none.safetensors"), "-o", str(tmp_path / "a.onnx")]) == 2
    assert "no such weights file" in capsys.readouterr().err


def test_a_precision_that_no_file_has(tmp_path, weights, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["export", weights, "-o", str(tmp_path / "a.onnx"), "--precision", "bfloat16"])
    assert "argument --precision: invalid choice: 'bfloat16'" in capsys.readouterr().err
