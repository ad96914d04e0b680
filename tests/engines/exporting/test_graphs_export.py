"""Graphs beside weights, made and used."""

from __future__ import annotations

import numpy as np
import pytest
from exportables import tiny

from opticalzoom.engines.checkpoint import save_model
from opticalzoom.engines.engine_cache import as_ncnn, as_onnx
from opticalzoom.engines.exporting import graphs_export, ncnn_export, onnx_export
from opticalzoom.engines.exporting.graphs_export import exported_files, write_graphs
from opticalzoom.engines.ncnn_engine import NcnnEngine
from opticalzoom.engines.runtimes import OnnxRuntimeEngine
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.weights.card import ModelCard
from opticalzoom.weights.graphs import has_graph


def test_weights_zoom_by_the_graphs_beside_them(tmp_path, monkeypatch):
    for package in ("onnx", "onnxscript", "pnnx", "ncnn"):
        pytest.importorskip(package)
    arguments = {"scale": 3, "features": 8, "blocks": 1}
    weights = save_model(tmp_path / "mine.safetensors", tiny(), ModelCard("sdan_lite", arguments))
    path = write_graphs(weights)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(onnx_export, "export_bytes", None)  # nothing is exported any more
    monkeypatch.setattr(ncnn_export, "export_ncnn", None)
    x = np.random.default_rng(0).random((1, 3, 12, 17), np.float32)
    for engine in (OnnxRuntimeEngine(as_onnx(weights, "float32")), NcnnEngine(as_ncnn(weights))):
        np.testing.assert_allclose(engine(x), TorchEngine(tiny())(x), rtol=0, atol=1e-5)


def test_without_the_exporter_of_ncnn_there_is_onnx(tmp_path, monkeypatch):
    for package in ("onnx", "onnxscript"):
        pytest.importorskip(package)
    weights = save_model(tmp_path / "mine.safetensors", tiny("bicubic"), ModelCard("bicubic", {"scale": 3}))
    monkeypatch.setattr(graphs_export, "find_spec", lambda name: None)
    assert list(exported_files(weights)) == [".onnx"]
    write_graphs(weights)
    assert (has_graph(weights, ".onnx"), has_graph(weights, ".param")) == (True, False)
