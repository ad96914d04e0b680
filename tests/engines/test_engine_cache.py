"""Where exported weights come from: graphs beside them, the cache, an export."""

from __future__ import annotations

import pytest
from exportables import tiny
from exports import exported

from opticalzoom.engines import engine_cache
from opticalzoom.engines.checkpoint import save_model
from opticalzoom.engines.engine_cache import as_ncnn, as_onnx, keep, package_version
from opticalzoom.engines.exporting import ncnn_export, onnx_export
from opticalzoom.engines.ncnn_engine import NcnnFiles
from opticalzoom.weights.card import ModelCard
from opticalzoom.weights.contract import Contract
from opticalzoom.weights.exported import Exported
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


@pytest.mark.parametrize(
    "change", [lambda whole: b"", lambda whole: whole[:-10], lambda whole: whole[:99] + b"?" + whole[100:]]
)
def test_a_damaged_export_is_made_again_with_a_word(weights, tmp_path, monkeypatch, caplog, change):
    content = exported()
    monkeypatch.setattr(onnx_export, "export_bytes", lambda *_: content)
    as_onnx(weights, "float32")
    (path,) = (tmp_path / "cache").iterdir()
    path.write_bytes(change(content))
    assert as_onnx(weights, "float32") == content
    assert f"{path}: was damaged, and is made again" in caplog.text
    assert path.read_bytes() == content


def test_a_damaged_export_to_ncnn_is_made_again_with_a_word(weights, tmp_path, monkeypatch, caplog):
    files = NcnnFiles("7767517\n", bytes(8), Exported(Contract(3), 700))
    monkeypatch.setattr(ncnn_export, "export_ncnn", lambda *_: files)
    assert as_ncnn(weights) == as_ncnn(weights) == files
    assert not caplog.text
    for suffix, damage in ((".json", b"[" * 100_000), (".json", b""), (".bin", b"?"), (".param", b"\xff")):
        (path,) = (tmp_path / "cache").glob(f"*{suffix}")
        path.write_bytes(damage)
        assert as_ncnn(weights) == files
        assert "was damaged, and is made again" in caplog.text
        caplog.clear()


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path):
    (tmp_path / "file").write_text("no folder")
    keep(tmp_path / "file" / "a.onnx", b"graph")
    assert (tmp_path / "file").read_text() == "no folder"


def test_versions_of_packages():
    assert package_version("numpy")
    assert package_version("no-such-package") == ""
