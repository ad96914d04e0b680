"""Weights exported for other runtimes: what lies beside them, or what was exported and kept, as that takes seconds."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from opticalzoom.engines.ncnn_engine import NCNN_SUFFIXES, NcnnFiles
from opticalzoom.errors import CheckpointError, OpticalZoomError
from opticalzoom.files import atomic_path, home_path
from opticalzoom.weights.card import read_card
from opticalzoom.weights.exported import FORMAT, ExportPrecision
from opticalzoom.weights.graphs import read_graph

CACHE = Path("~/.cache/opticalzoom/engines")


def cached(name: str) -> Path:
    """The file of that name in the cache folder, whether it is there or not."""
    return home_path(CACHE) / name


def as_onnx(source: Path, precision: ExportPrecision) -> bytes:
    """Weights as an ONNX file: from the graphs beside them, from the cache, or exported now.

    Raises:
        DependencyError: they have to be exported, and PyTorch or its exporter is not installed.
    """
    if precision == "float32" and (found := read_graph(source, ".onnx")) is not None:
        return found
    path = _cached(source, f"{precision} {package_version('torch')}", ".onnx")
    if (kept := _kept(path)) is not None:
        return kept
    from opticalzoom.engines.checkpoint import load_model  # noqa: PLC0415 - only exporting needs PyTorch
    from opticalzoom.engines.exporting.onnx_export import export_bytes  # noqa: PLC0415

    content = export_bytes(load_model(source), precision, read_card(source).white_balance)
    keep(_marked(path, content), content)
    return content


def as_ncnn(source: Path) -> NcnnFiles:
    """Weights as files of ncnn: from the graphs beside them, from the cache, or exported now.

    Raises:
        DependencyError: they have to be exported, and PyTorch or pnnx is not installed.
    """
    graphs = [read_graph(source, suffix) for suffix in NCNN_SUFFIXES]
    with suppress(CheckpointError):
        return NcnnFiles.parse(source, *[graph or b"" for graph in graphs])
    path = _cached(source, f"ncnn {package_version('pnnx')}", ".param")
    try:
        return NcnnFiles.read(path)
    except CheckpointError:
        if path.exists():
            _tell_damage(path)
    from opticalzoom.engines.checkpoint import load_model  # noqa: PLC0415 - only exporting needs PyTorch
    from opticalzoom.engines.exporting.ncnn_export import export_ncnn  # noqa: PLC0415

    files = export_ncnn(load_model(source), read_card(source).white_balance)
    with suppress(OpticalZoomError):
        files.write(path, overwrite=True)
    return files


def _marked(path: Path, content: bytes) -> Path:
    """The name with a digest of the content, by which damage is seen: runtimes crash at some damaged files."""
    return path.with_stem(f"{path.stem}-{hashlib.sha256(content).hexdigest()[:16]}")


def _kept(path: Path) -> bytes | None:
    """The content of the cache's file, by the name without its digest; None if there is none that is whole."""
    for file in path.parent.glob(f"{path.stem}-*{path.suffix}"):
        with suppress(OSError):
            content = file.read_bytes()
            if file == _marked(path, content):
                return content
            _tell_damage(file)
            file.unlink()
    return None


def _tell_damage(path: Path) -> None:
    logging.getLogger(__name__).warning("%s: was damaged, and is made again.", path)


def _cached(source: Path, kind: str, suffix: str) -> Path:
    """The cache's file for these weights, as this version of the package exports them to a kind of file."""
    digest = hashlib.sha256(source.read_bytes())
    digest.update(f"{kind} {FORMAT} {version('opticalzoom')}".encode())
    return cached(f"{digest.hexdigest()[:24]}{suffix}")


def package_version(package: str) -> str:
    """The version of an installed package; empty if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def keep(path: Path, content: bytes) -> None:
    """Write a file of the cache. If that fails, nothing is raised: its content is made anew when it is needed again."""
    with suppress(OpticalZoomError), atomic_path(path, overwrite=True) as part:
        part.write_bytes(content)
