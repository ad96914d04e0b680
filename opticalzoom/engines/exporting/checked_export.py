"""Weights as files for other programs, checked against PyTorch once they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from opticalzoom.engines.engine import Array, Engine
from opticalzoom.engines.exporting.ncnn_export import export_ncnn
from opticalzoom.engines.exporting.onnx_export import export_bytes
from opticalzoom.engines.ncnn_engine import NcnnEngine
from opticalzoom.engines.runtimes import OnnxRuntimeEngine, OpenVinoEngine, require
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.errors import ConfigError, ModelError
from opticalzoom.files import atomic_path
from opticalzoom.models.base import ZoomModel
from opticalzoom.weights.contract import Contract
from opticalzoom.weights.exported import TOLERANCE, ExportPrecision

SUFFIXES = (".onnx", ".param")
"""Suffixes of files that can be written: ONNX, and ncnn (with a ``.bin`` and a ``.json`` beside it)."""

_SIZES = ((1, 24, 40), (2, 17, 23), (1, 1, 9))  # batch, height and width of what is compared


def export_model(
    model: ZoomModel,
    path: str | Path,
    precision: ExportPrecision = "float32",
    white_balance: str = "input",
    *,
    overwrite: bool = False,
) -> dict[str, float]:
    """Write a model, and run what was written in every runtime that is installed.

    Args:
        model: in eval mode, float32, on the CPU.
        path: of the file, ``.onnx`` or ``.param``.
        precision: of weights and of what is computed; input and result are float32. ncnn: float32.
        white_balance: what the model was trained with, for RAW input.
        overwrite: whether a file of that name may be replaced.

    Returns:
        Runtime -> largest difference from PyTorch in float32, of values in [0, 1].

    Raises:
        DependencyError: onnx, onnxscript or onnxruntime (ncnn: pnnx or ncnn) is not installed.
        ConfigError: another suffix, or ncnn in float16.
        ModelError: a difference is above :data:`TOLERANCE`, or it cannot be translated; no file is left.
        OutputExistsError: the file is there and ``overwrite`` is false.
        OpticalZoomError: it cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        wanted = " or ".join(SUFFIXES)
        raise ConfigError(f"has the suffix {path.suffix!r}, expected {wanted}.", path=path, remedy=f"Name a {wanted}.")
    expected = [(x, TorchEngine(model)(x)) for x in _pictures(model.contract)]
    if suffix == ".param":
        if precision != "float32":
            raise ConfigError("ncnn files are float32.", path=path, remedy="Leave --precision, or name an .onnx file.")
        require("ncnn", "export-ncnn")
        files = export_ncnn(model, white_balance)
        differences = {"ncnn": _difference(NcnnEngine(files), expected)}
        _check(differences, precision, path)
        files.write(path, overwrite)
        return differences
    require("onnxruntime")
    with atomic_path(path, overwrite=overwrite) as part:
        part.write_bytes(export_bytes(model, precision, white_balance))
        differences = {name: _difference(start(part), expected) for name, start in _runtimes().items()}
        _check(differences, precision, path)
    return differences


def _check(differences: dict[str, float], precision: ExportPrecision, path: Path) -> None:
    worst = max(differences, key=differences.__getitem__)
    if not differences[worst] <= TOLERANCE[precision]:  # also if it is no number
        raise ModelError(
            f"{worst} computes other values than PyTorch: they differ by up to {differences[worst]:.2g}, expected "
            f"at most {TOLERANCE[precision]:.2g} in {precision}.",
            path=path,
            remedy="Export in float32." if precision == "float16" else "Try another version of torch or of it.",
        )


def _runtimes() -> dict[str, Callable[[Path], Engine]]:
    found: dict[str, Callable[[Path], Engine]] = {"onnxruntime": OnnxRuntimeEngine}
    return found | ({"openvino": OpenVinoEngine} if find_spec("openvino") else {})


def _pictures(contract: Contract) -> Iterator[Array]:
    random = np.random.default_rng(0)
    for count, height, width in _SIZES:
        yield random.random((count, contract.channels, height, width), np.float32)


def _difference(engine: Engine, expected: list[tuple[Array, Array]]) -> float:
    return max(float(np.abs(engine(x) - image).max()) for x, image in expected)
