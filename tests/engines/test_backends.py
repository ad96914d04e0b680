"""Which backend and precision is chosen, that all compute the same, and ``zoom`` with each of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pytest
from exportables import tiny
from exports import exported

from opticalzoom.cli.main import main
from opticalzoom.engines import backends, engine_cache, measuring
from opticalzoom.engines.backends import load_engine
from opticalzoom.engines.checkpoint import save_model
from opticalzoom.engines.engine import Array
from opticalzoom.engines.exporting import onnx_export
from opticalzoom.engines.measuring import Choice
from opticalzoom.engines.runtimes import OnnxRuntimeEngine
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.errors import CheckpointError, ConfigError, DependencyError
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.weights.card import ModelCard, bundled
from opticalzoom.weights.contract import Contract
from opticalzoom.weights.exported import TOLERANCE
from opticalzoom.weights.graphs import with_graphs

RUNTIMES = ["onnxruntime", "openvino"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(engine_cache, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def weights(tmp_path):
    card = ModelCard("sdan_lite", {"scale": 3, "features": 8, "blocks": 1})
    return save_model(tmp_path / "tiny.safetensors", tiny(), card)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(exported())
    return path


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    write_photo(path, Photo(np.random.default_rng(0).integers(16000, 48000, (14, 22, 3)).astype(np.uint16)))
    return path


def picture() -> Array:
    return np.random.default_rng(0).random((1, 3, 11, 18), np.float32)


def installed(monkeypatch, *names):
    """As if these packages were there, and no other optional ones."""
    monkeypatch.setattr(backends, "find_spec", lambda name: name if name in names else None)


# --- what was asked for


@pytest.mark.parametrize("backend", RUNTIMES)
def test_weights_in_every_backend(backend, weights, cache, monkeypatch):
    pytest.importorskip(backend)
    content = exported()
    monkeypatch.setattr(onnx_export, "export_bytes", lambda *_: content)
    run = load_engine(weights, backend, "float32")
    np.testing.assert_allclose(run(picture()), TorchEngine(tiny())(picture()), rtol=0, atol=1e-5)
    assert [path.suffix for path in cache.iterdir()] == [".onnx"]
    monkeypatch.setattr(onnx_export, "export_bytes", None)  # now it comes from the cache
    np.testing.assert_array_equal(load_engine(weights, backend, "float32")(picture()), run(picture()))


@pytest.mark.parametrize("backend", [*RUNTIMES, "auto"])
def test_exported_files(backend, file):
    pytest.importorskip("onnxruntime" if backend == "auto" else backend)
    run = load_engine(file, backend, pixels=0)
    np.testing.assert_allclose(run(picture()), TorchEngine(tiny())(picture()), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", bundled())
def test_bfloat16_is_near(name):
    """By more than a step of eight bits it may not be chosen, but it is no other picture."""
    exact = load_engine(name, "torch", "float32")
    x = measuring._picture(exact.contract.channels, 40)[..., :32, :]
    differences = load_engine(name, "torch", "bfloat16")(x) - exact(x)
    assert 1e-5 < np.abs(differences).max() < 5 / 255


def test_what_a_backend_has_not(weights, file):
    with pytest.raises(ConfigError, match="onnxruntime has no bfloat16"):
        load_engine(weights, "onnxruntime", "bfloat16")
    with pytest.raises(ConfigError, match="not for torch"):
        load_engine(file, "torch")


@pytest.mark.parametrize(
    ("backend", "remedy"),
    [("onnxruntime", "--force-reinstall onnxruntime"), ("openvino", r"'opticalzoom\[openvino\]'")],
)
def test_missing_runtime(backend, remedy, file, monkeypatch):
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(DependencyError, match=rf"{backend} is needed.*pip install {remedy}"):
        load_engine(file, backend)


def test_exported_file_without_any_runtime(file, monkeypatch):
    installed(monkeypatch)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(DependencyError, match="onnxruntime is needed"):
        load_engine(file)


def test_missing_file(tmp_path):
    with pytest.raises(CheckpointError, match="no such weights file"):
        load_engine(tmp_path / "none.onnx")


# --- what is fastest


@dataclass
class Fake:
    """An engine that takes as long as it says and is off by what it says."""

    seconds: float
    error: float = 0
    timings: int = 0

    contract = Contract(3)

    def __call__(self, x):
        return x + np.float32(self.error)

    def timed(self):
        self.timings += 1
        return self.seconds


BEST = Choice("openvino", "float32")
OTHERS = {Choice("torch", "float32"): Fake(1), Choice("onnxruntime", "float32"): Fake(0.8), BEST: Fake(0.5)}


@pytest.fixture
def machine(monkeypatch):
    """Engines by choice; one that is not there does not start."""
    engines = dict(OTHERS)

    def start(source, choice):
        if choice not in engines:
            raise DependencyError("is not there")
        return engines[choice]

    monkeypatch.setattr(backends, "_start", start)
    monkeypatch.setattr(measuring, "_seconds", Fake.timed)
    installed(monkeypatch, "torch", "onnx", "onnxscript", *RUNTIMES)
    return engines


def chosen(machine, weights, **computing) -> Choice:
    engine = load_engine(weights, **computing)
    return next(choice for choice in machine if machine[choice] is engine)


def test_the_fastest_is_chosen_and_remembered(machine, weights, cache):
    assert chosen(machine, weights) == BEST
    machine[Choice("torch", "float32")] = Fake(0.1)
    assert chosen(machine, weights) == BEST
    assert machine[Choice("torch", "float32")].timings == 0
    assert chosen(machine, weights, pixels=100) == BEST
    (path,) = cache.iterdir()
    path.write_text("{")
    assert chosen(machine, weights) == Choice("torch", "float32")


def test_what_is_wrong_or_does_not_start_is_not_chosen(machine, weights):
    machine[Choice("onnxruntime", "float32")] = Fake(0.1, error=2 * TOLERANCE["float32"])
    del machine[BEST]
    machine[Choice("torch", "bfloat16")] = Fake(0.1, error=1.1 / 255)
    assert chosen(machine, weights) == Choice("torch", "float32")


@pytest.mark.parametrize(("seconds", "precision"), [(0.4, "bfloat16"), (0.48, "float32"), (5.0, "float32")])
def test_low_precision_has_to_pay(machine, weights, seconds, precision):
    machine[Choice("openvino", "bfloat16")] = Fake(seconds, error=0.9 / 255)
    assert chosen(machine, weights) == Choice("openvino", precision)
    assert machine[Choice("openvino", "bfloat16")].timings == (1 if seconds > 1.5 else 4)  # not again what is hopeless


def test_what_is_asked_for_is_not_measured(machine, weights, cache):
    assert chosen(machine, weights, backend="onnxruntime", precision="float32") == Choice("onnxruntime", "float32")
    assert chosen(machine, weights, pixels=100) == Choice("torch", "float32")
    assert not cache.exists()


def test_without_extras_pytorch_zooms(machine, weights, monkeypatch):
    installed(monkeypatch, "torch", *RUNTIMES)  # which need exported files, and nothing can export
    assert chosen(machine, weights) == Choice("torch", "float32")


def test_weights_without_graphs_need_pytorch(machine, weights, monkeypatch):
    installed(monkeypatch, *RUNTIMES)
    with pytest.raises(DependencyError, match=r"pip install 'opticalzoom\[train\]'"):
        load_engine(weights)


def test_weights_with_graphs_need_no_pytorch(machine, weights, monkeypatch):
    weights.with_suffix(".graphs.json").write_text('{"graphs": {".onnx": [], ".param": []}}')
    assert chosen(machine, weights, pixels=100) == Choice("onnxruntime", "float32")
    installed(monkeypatch, *RUNTIMES)
    assert chosen(machine, weights, pixels=100) == Choice("onnxruntime", "float32")


def test_runtimes_whose_graph_is_missing_are_not_tried_without_pytorch(machine, weights, monkeypatch):
    weights.write_bytes(with_graphs(weights.read_bytes(), {".onnx": b""}))
    installed(monkeypatch, *RUNTIMES, "ncnn")
    machine |= {Choice("openvino", "float32"): Fake(0.9), Choice("ncnn", "float32"): Fake(0.1)}
    assert chosen(machine, weights) == Choice("onnxruntime", "float32")
    weights.write_bytes(with_graphs(weights.read_bytes(), {".onnx": b"", ".param": b""}))
    assert chosen(machine, weights) == Choice("ncnn", "float32")


def test_a_cache_that_cannot_be_written(machine, weights, cache):
    cache.write_text("a file where the folder should be")
    assert chosen(machine, weights) == BEST


# --- the verb


@pytest.mark.parametrize("backend", ["auto", *RUNTIMES])
def test_zoom_with_an_exported_file(backend, tmp_path, photo, file, weights):
    pytest.importorskip("onnxruntime" if backend == "auto" else backend)
    command = ["zoom", str(photo), "-o", str(tmp_path / "out"), "--workers", "1"]
    assert main([*command, "--weights", str(file), "--backend", backend, "--name", "exported{suffix}"]) == 0
    assert main([*command, "--weights", str(weights), "--name", "own{suffix}"]) == 0
    pixels = [read_photo(tmp_path / "out" / f"{name}.png").pixels.astype(int) for name in ("exported", "own")]
    assert pixels[0].shape == (42, 66, 3)
    assert np.abs(pixels[0] - pixels[1]).max() <= 1


def test_self_ensemble_of_an_exported_file(tmp_path, photo, file, weights):
    for name, model in (("exported", file), ("own", weights)):
        command = ["zoom", str(photo), "-o", str(tmp_path / "out"), "--workers", "1", "--name", name + "{suffix}"]
        assert main([*command, "--self-ensemble", "--weights", str(model)]) == 0
    pixels = [read_photo(tmp_path / "out" / f"{name}.png").pixels.astype(int) for name in ("exported", "own")]
    assert np.abs(pixels[0] - pixels[1]).max() <= 1


def test_zoom_without_the_backend(tmp_path, photo, weights, monkeypatch, capsys):
    content = exported()
    monkeypatch.setattr(onnx_export, "export_bytes", lambda *_: content)
    monkeypatch.setitem(sys.modules, "openvino", None)
    command = ["zoom", str(photo), "-o", str(tmp_path / "out"), "--weights", str(weights)]
    assert main([*command, "--backend", "openvino", "--precision", "float32"]) == 2
    assert "pip install 'opticalzoom[openvino]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_white_balance_of_an_exported_file(tmp_path):
    from opticalzoom.engines.exporting.onnx_export import export_bytes  # noqa: PLC0415 - after the check that its packages are there
    from opticalzoom.zooming.zoomer import load_zoomer  # noqa: PLC0415 - as above

    (tmp_path / "raw.onnx").write_bytes(export_bytes(tiny("bicubic", "raw"), white_balance="target"))
    zoomer = load_zoomer(tmp_path / "raw.onnx")
    assert isinstance(zoomer.engine, OnnxRuntimeEngine)
    assert zoomer.white_balance == "target"
