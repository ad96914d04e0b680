"""The content of ONNX files."""

from __future__ import annotations

import pytest
from exports import exported

from opticalzoom.engines.exporting.onnx_export import IR_VERSION, OPSET

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
