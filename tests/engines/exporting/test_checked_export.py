"""Exported files against PyTorch, in ONNX Runtime and OpenVINO; the documented way to use them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from exportables import KINDS, SIZES, tiny
from exports import exported
from PIL import Image
from places import REPOSITORY

from opticalzoom.engines.exporting import checked_export as export
from opticalzoom.engines.runtimes import OnnxRuntimeEngine, OpenVinoEngine
from opticalzoom.engines.torch_engine import layer_bytes
from opticalzoom.errors import CheckpointError, DependencyError, ModelError, ShapeError
from opticalzoom.photo.photograph import Photo, write_photo
from opticalzoom.weights.contract import Contract
from opticalzoom.weights.exported import Exported
from opticalzoom.zooming.in_memory import zoom

onnx = pytest.importorskip("onnx")

DOCS = REPOSITORY / "docs" / "export.md"
ENGINES = [OnnxRuntimeEngine, OpenVinoEngine]


def start(engine, content, **options):
    if engine is OpenVinoEngine:
        pytest.importorskip("openvino")
    return engine(content, **options)


def described(model):
    return Exported(model.contract, layer_bytes(model))


def zoomed(model, x):
    with torch.inference_mode():
        return model.forward_unaligned(torch.from_numpy(x)).image.numpy()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "input", "scale"), KINDS)
def test_equals_pytorch_at_any_size(engine, name, input, scale):
    model = tiny(name, input, scale)
    run = start(engine, exported(name, input, scale))
    assert run.contract == model.contract
    for count, height, width in SIZES:
        x = np.random.default_rng(height).random((count, model.contract.channels, height, width), np.float32)
        np.testing.assert_allclose(run(x), zoomed(model, x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_float16(engine):
    run = start(engine, exported(precision="float16"))
    x = np.random.default_rng(0).random((1, 3, 20, 30), np.float32)
    found, expected = run(x), zoomed(tiny(), x)
    assert found.dtype == np.float32
    assert 1e-6 < np.abs(found - expected).max() < 1 / 255
    assert len(exported(precision="float16")) < 0.75 * len(exported())


@pytest.mark.parametrize("engine", ENGINES)
def test_another_layout_in_memory(engine):
    run = start(engine, exported())
    pixels = np.random.default_rng(0).random((9, 11, 3), np.float32)
    x = pixels.transpose(2, 0, 1)[None]
    np.testing.assert_array_equal(run(x), run(np.ascontiguousarray(x)))


@pytest.mark.parametrize("engine", ENGINES)
def test_wrong_channels(engine):
    with pytest.raises(ShapeError, match=r"shape \(1, 4, 5, 5\), expected N×3×H×W"):
        start(engine, exported())(np.zeros((1, 4, 5, 5), np.float32))


@pytest.mark.parametrize("engine", ENGINES)
def test_tiles_equal_the_whole(engine):
    run = start(engine, exported())
    pixels = np.random.default_rng(0).integers(16000, 48000, (40, 50, 3)).astype(np.uint16)
    whole = zoom(tiny(), pixels, tile=100)
    assert np.abs(zoom(run, pixels, tile=16).astype(int) - whole.astype(int)).max() <= 1


# --- the file


def test_file_is_plain_and_old_enough():
    model = onnx.load_from_string(exported())
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 18)]
    assert model.ir_version == 8
    assert not any(node.metadata_props or node.doc_string for node in model.graph.node)
    assert {node.op_type for node in model.graph.node} == {"Conv", "Relu", "Add", "Pad", "DepthToSpace"}
    (x,), (image,) = model.graph.input, model.graph.output
    assert [dim.dim_param or dim.dim_value for dim in x.type.tensor_type.shape.dim] == ["batch", 3, "height", "width"]
    assert (x.name, image.name) == ("x", "image")


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("contract", [Contract(4, "raw", receptive_field=20), Contract(2, receptive_field=7)])
def test_description_round_trip(contract, precision):
    described = Exported(contract, 700, precision, "target" if contract.input == "raw" else "input")
    assert Exported.parse(described.properties(), "file") == described


@pytest.mark.parametrize("engine", ENGINES)
def test_description_in_the_file(engine):
    run = start(engine, exported("sdan_lite", "raw", 2))
    assert run.exported == described(tiny("sdan_lite", "raw", 2))
    listed = re.findall(r"^\| `(\w+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(listed) == set(run.exported.properties())


def changed(properties: dict[str, str]) -> bytes:
    model = onnx.load_from_string(exported())
    onnx.helper.set_model_props(model, properties)
    return model.SerializeToString()


@pytest.mark.parametrize("engine", ENGINES)
def test_bad_files(engine, tmp_path):
    known = Exported(Contract(3), 700).properties()
    contents = {
        b"": "damaged or no ONNX",
        b"hello": "damaged or no ONNX",
        exported()[:2000]: "damaged or no ONNX",
        changed({}): "not exported by this version",
        changed(known | {"scale": "7"}): "damaged description",
        changed({key: value for key, value in known.items() if key != "receptive_field"}): "damaged description",
    }
    path = tmp_path / "bad.onnx"
    for content, message in contents.items():
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=message) as error:
            start(engine, path)
        assert error.value.path == str(path)


# --- writing


def test_differences_are_found(monkeypatch, tmp_path):
    """What is written is compared with the model: a file of other weights is refused, and removed."""
    monkeypatch.setattr(export, "export_bytes", lambda *_: exported())
    other = tiny()
    with torch.no_grad():
        other.trunk.head.weight.mul_(1.1)
    with pytest.raises(ModelError, match="computes other values than PyTorch"):
        export.export_model(other, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
    assert max(export.export_model(tiny(), tmp_path / "model.onnx").values()) < 1e-5
    assert (tmp_path / "model.onnx").read_bytes() == exported()


@pytest.mark.parametrize("missing", ["onnx", "onnxscript", "onnxruntime"])
def test_missing_packages(missing, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    with pytest.raises(DependencyError, match=rf"{missing} is needed.*pip install .*(train|onnxruntime)"):
        export.export_model(tiny("bicubic"), tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []


# --- the documentation


def test_documented_use(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(64, 192, (20, 30, 3)).astype(np.uint8)
    write_photo("photo.png", Photo(pixels))
    Path("city100-x3.onnx").write_bytes(exported())
    exec(compile(code, "docs/export.md", "exec"), {})
    zoomed_pixels = np.asarray(Image.open("photo-x3.png")).astype(int)
    assert np.abs(zoomed_pixels - zoom(tiny(), pixels)).max() <= 1
