"""Exported files put together from graphs and weights."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load, save

from opticalzoom.engines.backends import load_engine
from opticalzoom.engines.checkpoint import load_model
from opticalzoom.engines.engine_cache import as_ncnn, as_onnx
from opticalzoom.engines.measuring import Choice, measure
from opticalzoom.engines.ncnn_engine import NcnnEngine
from opticalzoom.engines.runtimes import OnnxRuntimeEngine, OpenVinoEngine
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.weights.card import bundled
from opticalzoom.weights.graphs import (
    graphs_path,
    graphs_text,
    has_graph,
    in_order,
    join,
    read_graph,
    split,
    tensor_bytes,
    with_graphs,
)

ENGINES = {
    "onnxruntime": lambda path: OnnxRuntimeEngine(as_onnx(path, "float32")),
    "openvino": lambda path: OpenVinoEngine(as_onnx(path, "float32")),
    "ncnn": lambda path: NcnnEngine(as_ncnn(path)),
}


def test_metadata_in_order_leaves_the_tensors_as_they_are():
    tensors = {"a": np.arange(3, dtype=np.float32), "b": np.zeros((2, 2), np.int8)}
    found = {in_order(save(tensors, {name: name.upper() for name in "xaqb"})) for _ in range(8)}
    (content,) = found
    assert {name: array.tolist() for name, array in load(content).items()} == {
        n: t.tolist() for n, t in tensors.items()
    }
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert list(header["__metadata__"].items()) == [("a", "A"), ("b", "B"), ("q", "Q"), ("x", "X")]


@given(st.binary(max_size=300), st.lists(st.binary(min_size=60, max_size=90), max_size=4), st.randoms())
def test_what_is_split_is_joined(rest, tensors, random):
    named = {f"layer{number}": tensor for number, tensor in enumerate(tensors)}
    parts = [*tensors, rest[:100], rest[100:]]
    random.shuffle(parts)
    content = b"".join(parts)
    assert join(split(content, named), named) == content


def test_tensors_are_referred_to():
    weights = save({"kernel": np.arange(99, dtype=np.float32)})
    kernel = load(weights)["kernel"].tobytes()
    assert tensor_bytes(weights) == {"kernel": kernel}
    assert {"tensor": "kernel"} in split(b"head" + kernel + b"tail", tensor_bytes(weights))


def test_graphs_of_other_weights_do_not_count(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(save({"kernel": np.zeros(99, np.float32)}))
    graphs_path(path).write_text(graphs_text(path.read_bytes(), {".onnx": b"graph"}))
    assert read_graph(path, ".onnx") == b"graph"
    assert read_graph(path, ".param") is None
    path.write_bytes(save({"kernel": np.ones(99, np.float32)}))
    assert read_graph(path, ".onnx") is None


def test_graphs_within_the_file(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(save({"kernel": np.arange(99, dtype=np.float32)}, {"format": "x"}))
    assert not has_graph(path, ".onnx")
    assert read_graph(path, ".onnx") is None
    graph = b"head" + np.arange(99, dtype=np.float32).tobytes() + b"tail"
    path.write_bytes(with_graphs(path.read_bytes(), {".onnx": b"old", ".param": b"old"}))
    path.write_bytes(with_graphs(path.read_bytes(), {".onnx": graph}))
    assert (has_graph(path, ".onnx"), has_graph(path, ".param")) == (True, False)
    assert (read_graph(path, ".onnx"), read_graph(path, ".param")) == (graph, None)
    with safe_open(path, framework="numpy") as file:  # the file is still one that others read
        assert file.metadata()["format"] == "x"
        np.testing.assert_array_equal(file.get_tensor("kernel"), np.arange(99, dtype=np.float32))
    assert path.stat().st_size < 1500, "the graph refers to the tensor"


def test_graphs_beside_the_file_come_first_if_they_belong_to_it(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(with_graphs(save({"kernel": np.zeros(99, np.float32)}), {".onnx": b"within"}))
    graphs_path(path).write_text(graphs_text(path.read_bytes(), {".onnx": b"beside"}))
    assert read_graph(path, ".onnx") == b"beside"
    assert (has_graph(path, ".onnx"), has_graph(path, ".param")) == (True, False)
    graphs_path(path).write_text(graphs_text(b"\2\0\0\0\0\0\0\0{}", {".onnx": b"of other weights"}))
    assert read_graph(path, ".onnx") == b"within"


@pytest.mark.parametrize("content", [b"", b"\xff" * 99, b"\1\0\0\0\0\0\0\0[", b"\2\0\0\0\0\0\0\0{}"])
def test_what_is_no_weights_file_has_no_graphs(tmp_path, content):
    (tmp_path / "mine.safetensors").write_bytes(content)
    assert not has_graph(tmp_path / "mine.safetensors", ".onnx")
    assert not has_graph(tmp_path / "none.safetensors", ".onnx")


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"weights": "", "graphs": {}}', "\0"])
def test_damaged_graphs_do_not_count(tmp_path, text):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(save({"kernel": np.zeros(99, np.float32)}))
    graphs_path(path).write_text(text)
    assert read_graph(path, ".onnx") is None


def test_a_reference_to_a_tensor_that_is_missing_does_not_count(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(save({"kernel": np.zeros(99, np.float32)}))
    described = json.loads(graphs_text(path.read_bytes(), {".onnx": b"graph"}))
    described["graphs"][".onnx"] = [{"tensor": "none"}]
    graphs_path(path).write_text(json.dumps(described))
    assert read_graph(path, ".onnx") is None


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", bundled())
def test_bundled_graphs_give_the_picture_of_the_bundled_weights(name, engine):
    pytest.importorskip(engine)
    path = bundled()[name]
    assert read_graph(path, ".onnx"), "make them anew: python -m opticalzoom.engines.exporting.graphs_export"
    model = load_model(name)
    x = np.random.default_rng(0).random((1, model.contract.channels, 24, 36), np.float32)
    np.testing.assert_allclose(ENGINES[engine](path)(x), TorchEngine(model)(x), rtol=0, atol=2e-5)


def test_bundled_weights_are_measured_with_graphs():
    choices = [Choice("onnxruntime", "float32"), Choice("torch", "float32")]
    found = measure(choices, lambda choice: load_engine(bundled()["city100-x3"], *choice))
    assert len(found) == 2
