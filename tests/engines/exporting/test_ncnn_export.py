"""ncnn's files and engine against PyTorch; the verb; what is refused."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("ncnn", reason="an extra")
pytest.importorskip("pnnx", reason="an extra, and not built for every platform")

from exportables import KINDS, SIZES, tiny

from opticalzoom.cli.main import main
from opticalzoom.engines import engine_cache
from opticalzoom.engines.backends import load_engine
from opticalzoom.engines.checkpoint import save_model
from opticalzoom.engines.exporting import checked_export as export
from opticalzoom.engines.exporting import ncnn_export
from opticalzoom.engines.exporting.ncnn_export import export_ncnn
from opticalzoom.engines.ncnn_engine import NcnnEngine, NcnnFiles
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.errors import CheckpointError, ConfigError, DependencyError, ModelError, OutputExistsError, ShapeError
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.weights.card import ModelCard
from opticalzoom.zooming.in_memory import zoom


@cache
def files(name: str = "sdan_lite", input: str = "rgb", scale: int = 3) -> NcnnFiles:
    return export_ncnn(tiny(name, input, scale), "target" if input == "raw" else "input")


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setattr(engine_cache, "CACHE", tmp_path / "cache")
    card = ModelCard("sdan_lite", {"scale": 3, "features": 8, "blocks": 1})
    return save_model(tmp_path / "tiny.safetensors", tiny(), card)


@pytest.mark.parametrize(("name", "input", "scale"), KINDS)
def test_equals_pytorch_at_any_size(name, input, scale):
    model, run = tiny(name, input, scale), NcnnEngine(files(name, input, scale))
    assert run.contract == model.contract
    for count, height, width in SIZES:
        pixels = np.random.default_rng(height).random((count, height, width, model.contract.channels), np.float32)
        x = pixels.transpose(0, 3, 1, 2)  # strided, as tiles are
        np.testing.assert_allclose(run(x), TorchEngine(model)(x), rtol=0, atol=1e-5)


def test_wrong_channels():
    with pytest.raises(ShapeError, match="expected N×3×H×W"):
        NcnnEngine(files())(np.zeros((1, 4, 5, 5), np.float32))


@pytest.mark.parametrize(("threads", "streams"), [(1, 1), (2, 2), (16, 4)])
def test_tiles_at_once_equal_the_whole(threads, streams):
    engine = NcnnEngine(files(), threads)
    assert engine.streams == streams
    pixels = np.random.default_rng(0).integers(16000, 48000, (60, 50, 3)).astype(np.uint16)
    whole = zoom(tiny(), pixels, tile=100).astype(int)
    for tile in (100, 16):
        assert np.abs(zoom(engine, pixels, tile=tile) - whole).max() <= 1


def test_files_round_trip(tmp_path):
    path = tmp_path / "new" / "x2.param"
    files("sdan_lite", "raw", 2).write(path)
    assert sorted(part.suffix for part in path.parent.iterdir()) == [".bin", ".json", ".param"]
    assert NcnnFiles.read(path) == files("sdan_lite", "raw", 2)
    layers = path.read_text(encoding="utf-8").splitlines()[2:]
    assert layers[0].split() == ["Input", "in0", "0", "1", "data"]
    assert layers[-1].split()[6] == "output"
    with pytest.raises(OutputExistsError):
        files().write(path)
    assert NcnnFiles.read(path) == files("sdan_lite", "raw", 2)


@pytest.mark.parametrize("suffix", [".param", ".bin", ".json"])
def test_bad_files(suffix, tmp_path):
    path = tmp_path / "x3.param"
    part = path.with_suffix(suffix)
    for damage, message in ((Path.unlink, "cannot be read"), (_cut, "does not fit|cannot be read")):
        files().write(path, overwrite=True)
        damage(part)
        with pytest.raises(CheckpointError, match=message):
            NcnnEngine(path)


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def test_file_of_another_program(tmp_path):
    path = tmp_path / "x3.param"
    files().write(path)
    path.with_suffix(".json").write_text(json.dumps([]))
    with pytest.raises(CheckpointError, match="not exported by this version"):
        NcnnEngine(path)


def test_models_that_cannot_be_translated():
    with pytest.raises(ModelError, match="pnnx cannot translate this model: nothing is computed"):
        export_ncnn(tiny("bicubic", "resized", 2))


def test_differences_are_found(monkeypatch, tmp_path):
    monkeypatch.setattr(export, "export_ncnn", lambda *_: files())
    other = tiny()
    with torch.no_grad():
        other.trunk.head.weight.mul_(1.1)
    with pytest.raises(ModelError, match="ncnn computes other values than PyTorch"):
        export.export_model(other, tmp_path / "x3.param")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["ncnn", "pnnx"])
def test_missing_packages(missing, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    with pytest.raises(DependencyError, match=rf"{missing} is needed.*pip install 'opticalzoom\[export-ncnn\]'"):
        export.export_model(tiny("bicubic"), tmp_path / "x3.param")
    assert list(tmp_path.iterdir()) == []


def test_verbs(tmp_path, weights, capsys):
    path, photo = tmp_path / "tiny-x3.param", tmp_path / "photo.png"
    assert main(["export", str(weights), "-o", str(path)]) == 0
    assert "ncnn: differs from PyTorch by at most" in capsys.readouterr().out
    assert main(["export", str(weights), "-o", str(path), "--precision", "float16", "--overwrite"]) == 2
    assert "ncnn files are float32" in capsys.readouterr().err
    write_photo(photo, Photo(np.random.default_rng(0).integers(16000, 48000, (14, 22, 3)).astype(np.uint16)))
    command = ["zoom", str(photo), "-o", str(tmp_path / "out"), "--workers", "1"]
    options = {"file": ["--weights", str(path)], "asked": ["--weights", str(weights), "--backend", "ncnn"]}
    for name, asked in {**options, "own": ["--weights", str(weights), "--backend", "torch"]}.items():
        assert main([*command, *asked, "--name", name + "{suffix}"]) == 0
    pixels = {name: read_photo(tmp_path / "out" / f"{name}.png").pixels.astype(int) for name in (*options, "own")}
    assert pixels["own"].shape == (42, 66, 3)
    assert max(np.abs(pixels[name] - pixels["own"]).max() for name in options) <= 1


def test_weights_are_exported_once(weights, monkeypatch):
    x = np.random.default_rng(0).random((1, 3, 9, 8), np.float32)
    first = load_engine(weights, "ncnn")(x)
    monkeypatch.setattr(ncnn_export, "export_ncnn", None)
    np.testing.assert_array_equal(load_engine(weights, "ncnn")(x), first)
    with pytest.raises(ConfigError, match="ncnn has no bfloat16"):
        load_engine(weights, "ncnn", "bfloat16")


def test_exported_file_in_another_backend(tmp_path):
    files().write(tmp_path / "x3.param")
    with pytest.raises(ConfigError, match=r"not for openvino\. Use --backend ncnn"):
        load_engine(tmp_path / "x3.param", "openvino")
