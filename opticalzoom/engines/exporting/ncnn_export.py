"""Weights as ncnn: traced by PyTorch and translated by ncnn's own converter, pnnx, without network or compiler."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from opticalzoom.engines.exporting.exportable import Unaligned, quiet
from opticalzoom.engines.ncnn_engine import INPUT, OUTPUT, NcnnFiles
from opticalzoom.engines.runtimes import require
from opticalzoom.engines.torch_engine import layer_bytes
from opticalzoom.errors import DependencyError, ModelError
from opticalzoom.models.base import ZoomModel
from opticalzoom.weights.exported import Exported

_NAMES = {"in0": INPUT, "out0": OUTPUT}
_HEAD = 2  # lines before the layers: a magic number, how many there are
_SIDE = 8


def export_ncnn(model: ZoomModel, white_balance: str = "input") -> NcnnFiles:
    """A model as the files of ncnn, for pictures of any size (``resized`` input: multiples of the scale).

    Args:
        model: in eval mode, float32, on the CPU.
        white_balance: what the model was trained with, for RAW input.

    Raises:
        DependencyError: pnnx is not installed, or does not run here.
        ModelError: it cannot translate the model.
    """
    contract = model.contract
    # One size that the network need not pad: it leaves no trace of sizes, and the engine pads.
    x = torch.rand(1, contract.channels, _SIDE * contract.scale, (_SIDE + 2) * contract.scale)
    with TemporaryDirectory() as name:
        folder = Path(name)
        with quiet(), torch.no_grad():
            torch.jit.trace(Unaligned(model), x, check_trace=False).save(str(folder / "model.pt"))
        _translate(folder, x)
        try:
            param = (folder / "model.ncnn.param").read_text(encoding="utf-8")
            weights = (folder / "model.ncnn.bin").read_bytes()
        except OSError as error:
            raise _untranslated(f"it left no {Path(error.filename).name}") from error
    return NcnnFiles(_renamed(param), weights, Exported(contract, layer_bytes(model), "float32", white_balance))


def _translate(folder: Path, x: torch.Tensor) -> None:
    """Run pnnx on model.pt in a folder; what fails shows by what it leaves."""
    shape = str(list(x.shape)).replace(" ", "")
    command = [require("pnnx", "export-ncnn").EXEC_PATH, "model.pt", f"inputshape={shape}", "fp16=0"]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, check=False)
    except OSError as error:
        raise DependencyError(f"pnnx cannot be run ({error}).", remedy="pip install --force-reinstall pnnx") from error


def _renamed(param: str) -> str:
    """The network with the names of its ends changed to those that other programs look for."""
    lines = param.splitlines()
    seen: set[str] = set()
    for number, line in enumerate(lines[_HEAD:], start=_HEAD):
        kind, name, inputs, outputs, *rest = line.split()
        if not kind.isalnum():  # what ncnn lacks keeps the name that it has in PyTorch, with dots
            raise _untranslated(f"ncnn has no {kind}")
        count = int(inputs) + int(outputs)
        blobs = [_NAMES.get(blob, blob) for blob in rest[:count]]
        seen.update(blobs)
        lines[number] = " ".join([f"{kind:<24} {name:<24} {inputs} {outputs}", *blobs, *rest[count:]])
    if not {INPUT, OUTPUT} <= seen:
        raise _untranslated("nothing is computed")
    return "\n".join(lines) + "\n"


def _untranslated(reason: str) -> ModelError:
    return ModelError(f"pnnx cannot translate this model: {reason}.", remedy="Export it as .onnx.")
