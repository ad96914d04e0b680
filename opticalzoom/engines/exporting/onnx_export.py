"""Weights as ONNX: the network that zooms without alignment, of any size.

The graph has only convolutions, ReLUs, sums, edge padding and depth-to-space (``rrdb``: nearest-neighbour resizing,
too; ``resized`` input: shuffling), and no limit on the size of what it is given.
"""

from __future__ import annotations

from typing import Any, cast

import torch

from opticalzoom.engines.exporting.exportable import Unaligned, quiet
from opticalzoom.engines.runtimes import require
from opticalzoom.engines.torch_engine import layer_bytes
from opticalzoom.models.base import ZoomModel
from opticalzoom.parallel.interruption import deferred_interrupt
from opticalzoom.weights.exported import INPUT, OUTPUT, Exported, ExportPrecision

OPSET = 18
"""The oldest that PyTorch's exporter writes; ONNX Runtime has it since 1.14, OpenVINO since 2023.0."""
IR_VERSION = 8
"""The oldest file format that has the opset; PyTorch writes a newer one that ONNX Runtime before 1.18 refuses."""


def export_bytes(model: ZoomModel, precision: ExportPrecision = "float32", white_balance: str = "input") -> bytes:
    """A model as the content of an ONNX file.

    Args:
        model: in eval mode, on the CPU; with float16 it is changed to it.
        precision: of weights and of what is computed.
        white_balance: what the model was trained with, for RAW input.

    Raises:
        DependencyError: onnx or onnxscript is not installed.
        KeyboardInterrupt: after Ctrl-C, a second one at once.
    """
    onnx = require("onnx", "train")
    require("onnxscript", "train")
    contract = model.contract
    exported = Exported(contract, layer_bytes(model), precision, white_balance)
    axes = {0: "batch", 2: "height", 3: "width"}
    side = 4 * contract.scale
    example = torch.rand(2, contract.channels, side, side + contract.scale)  # sides of 1 would become constants
    with quiet(), deferred_interrupt() as stopped:  # the exporter takes Ctrl-C for a fault of the network
        program = torch.onnx.export(
            Unaligned(model, getattr(torch, precision)),
            (example,),
            dynamo=True,
            dynamic_shapes=(dict.fromkeys(axes, torch.export.Dim.DYNAMIC),),
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=OPSET,
            verbose=False,
        )
    if stopped():
        raise KeyboardInterrupt
    graph = cast(Any, program).model_proto
    graph.ir_version = IR_VERSION
    for node in graph.graph.node:
        del node.metadata_props[:]  # where in whose source file it came from; only newer formats have it
    _name_axes(graph.graph, axes)
    onnx.helper.set_model_props(graph, exported.properties())
    onnx.checker.check_model(graph, full_check=True)
    return cast(bytes, graph.SerializeToString())


def _name_axes(graph: Any, axes: dict[int, str]) -> None:
    """Give the axes names that people understand, in place of symbols that the exporter numbered."""
    symbols = {axis: graph.input[0].type.tensor_type.shape.dim[axis].dim_param for axis in axes}
    for axis, name in axes.items():
        graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
        out = graph.output[0].type.tensor_type.shape.dim[axis]
        out.dim_param = name if out.dim_param == symbols[axis] else f"zoomed {name}"
