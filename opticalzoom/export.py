"""Weights as ONNX: the network that zooms without alignment, of any size, checked against PyTorch once it is written.

The graph has only convolutions, ReLUs, sums, edge padding and depth-to-space (``rrdb``: nearest-neighbour resizing,
too; ``resized`` input: shuffling), and no limit on the size of what it is given.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from opticalzoom.engines.engine import Array, Engine
from opticalzoom.engines.exported import INPUT, OUTPUT, Exported, ExportPrecision
from opticalzoom.engines.runtimes import OnnxRuntimeEngine, OpenVinoEngine, require
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.errors import ModelError
from opticalzoom.files import atomic_path
from opticalzoom.models.contract import Contract

OPSET = 18
"""The oldest that PyTorch's exporter writes; ONNX Runtime has it since 1.14, OpenVINO since 2023.0."""
IR_VERSION = 8
"""The oldest file format that has the opset; PyTorch writes a newer one that ONNX Runtime before 1.18 refuses."""

TOLERANCE = {"float32": 1e-4, "bfloat16": 1 / 255, "float16": 1 / 255}
"""Largest difference from PyTorch in float32, of values in [0, 1]."""

_SIZES = ((1, 24, 40), (2, 17, 23), (1, 1, 9))  # batch, height and width of what is compared


class _Unaligned(nn.Module):
    """What is exported: float32 to float32, computed in the model's own precision.

    Shape:
        As the model's input to N×3×H'×W'.
    """

    def __init__(self, model: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.model, self.dtype = model.to(dtype), dtype

    def forward(self, x: Tensor) -> Tensor:
        """Zoom without alignment."""
        image: Tensor = self.model.forward_unaligned(x.to(self.dtype)).image  # type: ignore[operator]
        return image.to(x.dtype)


def export_bytes(model: nn.Module, precision: ExportPrecision = "float32", white_balance: str = "input") -> bytes:
    """A model as the content of an ONNX file.

    Args:
        model: in eval mode, on the CPU; with float16 it is changed to it.
        precision: of weights and of what is computed.
        white_balance: what the model was trained with, for RAW input.

    Raises:
        DependencyError: onnx or onnxscript is not installed.
    """
    onnx = require("onnx", "onnx")
    require("onnxscript", "onnx")
    contract = cast(Contract, model.contract)
    exported = Exported(contract, precision, white_balance)
    axes = {0: "batch", 2: "height", 3: "width"}
    side = 4 * contract.scale
    example = torch.rand(2, contract.channels, side, side + contract.scale)  # sides of 1 would become constants
    with _quiet():
        program = torch.onnx.export(
            _Unaligned(model, getattr(torch, precision)),
            (example,),
            dynamo=True,
            dynamic_shapes=(dict.fromkeys(axes, torch.export.Dim.DYNAMIC),),
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=OPSET,
            verbose=False,
        )
    graph = cast(Any, program).model_proto
    graph.ir_version = IR_VERSION
    for node in graph.graph.node:
        del node.metadata_props[:]  # where in whose source file it came from; only newer formats have it
    _name_axes(graph.graph, axes)
    onnx.helper.set_model_props(graph, exported.properties())
    onnx.checker.check_model(graph, full_check=True)
    return cast(bytes, graph.SerializeToString())


def export_model(
    model: nn.Module,
    path: str | Path,
    precision: ExportPrecision = "float32",
    white_balance: str = "input",
    *,
    overwrite: bool = False,
) -> dict[str, float]:
    """Write a model as ONNX, and run what was written in every runtime that is installed.

    Args:
        model: in eval mode, float32, on the CPU.
        path: of the file, ``.onnx``.
        precision: of weights and of what is computed; input and result are float32.
        white_balance: what the model was trained with, for RAW input.
        overwrite: whether a file of that name may be replaced.

    Returns:
        Runtime -> largest difference from PyTorch in float32, of values in [0, 1].

    Raises:
        DependencyError: onnx, onnxscript or onnxruntime is not installed.
        ModelError: a difference is above :data:`TOLERANCE`; no file is left.
        OutputExistsError: the file is there and ``overwrite`` is false.
        OpticalZoomError: it cannot be written.
    """
    require("onnxruntime", "onnx")
    with atomic_path(path, overwrite=overwrite) as part:
        expected = [(x, TorchEngine(model)(x)) for x in _pictures(cast(Contract, model.contract))]
        part.write_bytes(export_bytes(model, precision, white_balance))
        differences = {name: _difference(start(part), expected) for name, start in _runtimes().items()}
        worst = max(differences, key=differences.__getitem__)
        if not differences[worst] <= TOLERANCE[precision]:  # also if it is no number
            raise ModelError(
                f"{worst} computes other values than PyTorch: they differ by up to {differences[worst]:.2g}, expected "
                f"at most {TOLERANCE[precision]:.2g} in {precision}.",
                path=path,
                remedy="Export in float32." if precision == "float16" else "Try another version of torch or of it.",
            )
    return differences


def _runtimes() -> dict[str, Callable[[Path], Engine]]:
    found: dict[str, Callable[[Path], Engine]] = {"onnxruntime": OnnxRuntimeEngine}
    return found | ({"openvino": OpenVinoEngine} if find_spec("openvino") else {})


def _pictures(contract: Contract) -> Iterator[Array]:
    random = np.random.default_rng(0)
    for count, height, width in _SIZES:
        yield random.random((count, contract.channels, height, width), np.float32)


def _difference(engine: Engine, expected: list[tuple[Array, Array]]) -> float:
    return max(float(np.abs(engine(x) - image).max()) for x, image in expected)


def _name_axes(graph: Any, axes: dict[int, str]) -> None:
    """Instead of symbols that the exporter numbered."""
    symbols = {axis: graph.input[0].type.tensor_type.shape.dim[axis].dim_param for axis in axes}
    for axis, name in axes.items():
        graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
        out = graph.output[0].type.tensor_type.shape.dim[axis]
        out.dim_param = name if out.dim_param == symbols[axis] else f"zoomed {name}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks on its own insides."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
