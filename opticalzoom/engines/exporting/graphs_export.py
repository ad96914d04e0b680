"""Graphs beside a weights file, so that it zooms where PyTorch is not installed.

``python -m opticalzoom.engines.exporting.graphs_export FILE.safetensors`` makes those of the bundled weights anew.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from opticalzoom.engines.checkpoint import load_model
from opticalzoom.engines.exporting.ncnn_export import export_ncnn
from opticalzoom.engines.exporting.onnx_export import export_bytes
from opticalzoom.files import write_text
from opticalzoom.weights.card import read_card
from opticalzoom.weights.graphs import GraphFile, graphs_path, graphs_text


def exported_files(weights: Path) -> dict[GraphFile, bytes]:
    """What weights are exported to, by suffix: ONNX, and ncnn where its exporter is installed.

    Raises:
        CheckpointError: the weights file is missing, damaged or none of ours.
        DependencyError: PyTorch's exporter is not installed.
    """
    white_balance = read_card(weights).white_balance
    found: dict[GraphFile, bytes] = {".onnx": export_bytes(load_model(weights), "float32", white_balance)}
    if find_spec("pnnx"):
        found |= cast(dict[GraphFile, bytes], export_ncnn(load_model(weights), white_balance).contents())
    return found


def write_graphs(weights: Path) -> Path:
    """Write ``NAME.graphs.json`` beside ``NAME.safetensors``, replacing what is there; see :mod:`..weights.graphs`.

    Raises:
        CheckpointError: the weights file is missing, damaged or none of ours.
        DependencyError: PyTorch's exporter is not installed.
        OpticalZoomError: it cannot be written.
    """
    write_text(graphs_path(weights), graphs_text(weights.read_bytes(), exported_files(weights)), overwrite=True)
    return graphs_path(weights)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(write_graphs(Path(name)))
