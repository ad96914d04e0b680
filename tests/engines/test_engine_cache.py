"""Where exported weights come from: graphs beside them, the cache, an export."""

from __future__ import annotations

import pytest
from exportables import tiny
from exports import exported

from opticalzoom.engines import engine_cache
from opticalzoom.engines.checkpoint import save_model
from opticalzoom.engines.engine_cache import as_onnx, keep, package_version
from opticalzoom.engines.exporting import onnx_export
from opticalzoom.weights.card import ModelCard
from opticalzoom.weights.graphs import graphs_path, graphs_text


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setattr(engine_cache, "CACHE", tmp_path / "cache")
    return save_model(
        tmp_path / "mine.safetensors", tiny(), ModelCard("sdan_lite", {"scale": 3, "features": 8, "blocks": 1})
    )


def test_graphs_beside_the_weights_come_first(weights, monkeypatch):
    monkeypatch.setattr(onnx_export, "export_bytes", None)
    graphs_path(weights).write_text(graphs_text(weights.read_bytes(), {".onnx": b"graph"}))
    assert as_onnx(weights, "float32") == b"graph"


def test_an_export_is_kept(weights, tmp_path, monkeypatch):
    content = exported()
    monkeypatch.setattr(onnx_export, "export_bytes", lambda *_: content)
    assert as_onnx(weights, "float32") == content
    monkeypatch.setattr(onnx_export, "export_bytes", None)
    assert as_onnx(weights, "float32") == content
    assert [path.read_bytes() for path in (tmp_path / "cache").iterdir()] == [content]


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path):
    (tmp_path / "file").write_text("no folder")
    keep(tmp_path / "file" / "a.onnx", b"graph")
    assert (tmp_path / "file").read_text() == "no folder"


def test_versions_of_packages():
    assert package_version("numpy")
    assert package_version("no-such-package") == ""
