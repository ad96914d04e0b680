"""The content of ONNX files."""

from __future__ import annotations

import signal

import pytest
import torch
from exportables import tiny
from exports import exported

from opticalzoom.engines.exporting.onnx_export import IR_VERSION, OPSET, export_bytes

onnx = pytest.importorskip("onnx")


def test_any_size_and_versions_that_old_runtimes_read():
    model = onnx.load_from_string(exported())
    assert (model.ir_version, [entry.version for entry in model.opset_import]) == (IR_VERSION, [OPSET])
    (taken,), (given,) = model.graph.input, model.graph.output
    assert [size.dim_param or size.dim_value for size in taken.type.tensor_type.shape.dim] == [
        "batch",
        3,
        "height",
        "width",
    ]
    assert [size.dim_param or size.dim_value for size in given.type.tensor_type.shape.dim][:2] == ["batch", 3]
    assert not any(node.metadata_props for node in model.graph.node)


def test_ctrl_c_is_not_taken_for_a_fault_of_the_network(monkeypatch):
    def export(*_, **__):
        try:
            signal.raise_signal(signal.SIGINT)
        except BaseException as error:  # as the exporter does
            raise RuntimeError("Failed to export the model") from error

    monkeypatch.setattr(torch.onnx, "export", export)
    with pytest.raises(KeyboardInterrupt):
        export_bytes(tiny())
