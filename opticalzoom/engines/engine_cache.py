"""Weights exported for other runtimes, kept between runs, as that takes seconds."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from opticalzoom.engines.checkpoint import load_model, read_card
from opticalzoom.engines.exporting.ncnn_export import export_ncnn
from opticalzoom.engines.exporting.onnx_export import export_bytes
from opticalzoom.engines.ncnn_engine import NcnnFiles
from opticalzoom.errors import CheckpointError, OpticalZoomError
from opticalzoom.files import atomic_path
from opticalzoom.weights.exported import FORMAT, ExportPrecision

CACHE = Path("~/.cache/opticalzoom/engines")


def cached(name: str) -> Path:
    """Where something of that name is kept."""
    return CACHE.expanduser() / name


def as_onnx(source: Path, precision: ExportPrecision) -> bytes:
    """Weights as an ONNX file, out of the cache if they were exported before."""
    path = _cached(source, f"{precision} {torch.__version__}", ".onnx")
    with suppress(OSError):
        return path.read_bytes()
    content = export_bytes(load_model(source), precision, read_card(source).white_balance)
    keep(path, content)
    return content


def as_ncnn(source: Path) -> NcnnFiles:
    """Weights as files of ncnn, out of the cache if they were exported before."""
    path = _cached(source, f"ncnn {package_version('pnnx')}", ".param")
    with suppress(CheckpointError):
        return NcnnFiles.read(path)
    files = export_ncnn(load_model(source), read_card(source).white_balance)
    with suppress(OpticalZoomError):
        files.write(path, overwrite=True)
    return files


def _cached(source: Path, kind: str, suffix: str) -> Path:
    """Where weights are kept that were exported by this version."""
    digest = hashlib.sha256(source.read_bytes())
    digest.update(f"{kind} {FORMAT} {version('opticalzoom')}".encode())
    return cached(f"{digest.hexdigest()[:24]}{suffix}")


def package_version(package: str) -> str:
    """Of an installed package; empty if it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def keep(path: Path, content: bytes) -> None:
    """Write to the cache; a folder that cannot be written to only costs time."""
    with suppress(OpticalZoomError), atomic_path(path, overwrite=True) as part:
        part.write_bytes(content)
