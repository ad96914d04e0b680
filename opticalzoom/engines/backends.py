"""Which runtime zooms, and in which precision: the one asked for, or the fastest that is installed and exact enough.

What is fastest differs from processor to processor and from version to version, so it is measured, once: the outcome
is kept in the cache folder, and so are the files that bundled and own weights are exported to on the way.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, cast

from opticalzoom.engines.engine import Engine
from opticalzoom.engines.engine_cache import as_ncnn, as_onnx, cached, keep, package_version
from opticalzoom.engines.measuring import Choice, measure
from opticalzoom.engines.ncnn_engine import NcnnEngine
from opticalzoom.engines.runtimes import OnnxRuntimeEngine, OpenVinoEngine
from opticalzoom.errors import ConfigError, DependencyError
from opticalzoom.parallel.cores import cores
from opticalzoom.parallel.processor import processor_lines
from opticalzoom.weights.card import read_card, resolve
from opticalzoom.weights.computing import PRECISIONS, Backend, Precision
from opticalzoom.weights.exported import ExportPrecision
from opticalzoom.weights.graphs import has_graph

_RUNNING: dict[str, tuple[Backend, ...]] = {".onnx": ("onnxruntime", "openvino"), ".param": ("ncnn",)}
"""Suffix of an exported file -> the runtimes that run it."""
_EXPORTING = {".onnx": ("onnx", "onnxscript"), ".param": ("pnnx",)}
"""Suffix of an exported file -> the packages that are needed to write one, beside PyTorch."""

WORTH_MEASURING = 4_000_000
"""Pixels of the input from which on measuring what is fastest saves more time than it takes."""
_METHOD = 4
"""Version of the way of measuring: a choice in the cache that another version found is not used."""
_WORTH = 0.9
"""A lower precision than float32 has to take less than this share of float32's time to be chosen."""


def load_engine(
    weights: str | Path,
    backend: Backend | Literal["auto"] = "auto",
    precision: Precision | Literal["auto"] = "auto",
    pixels: int = WORTH_MEASURING,
) -> Engine:
    """Weights ready to zoom, with as many threads as :func:`~opticalzoom.parallel.cores.cores` says.

    Args:
        weights: .safetensors or exported .onnx or .param file, or bundled weights by name.
        backend: ``auto`` for the fastest that is installed.
        precision: ``auto`` for the fastest that stays within :data:`~opticalzoom.weights.exported.TOLERANCE` of
            float32. Exported files have their own.
        pixels: about how many of the input will be zoomed. Below :data:`WORTH_MEASURING` finding out what is fastest
            takes longer than it saves: then the choice is the first that works, unless the fastest is known already.

    Raises:
        CheckpointError: the file is missing, damaged or none of ours.
        DependencyError: the backend is not installed.
        ConfigError: the backend has no such precision, or cannot run these weights.
    """
    source = resolve(weights)
    choices = _choices(source, backend, precision)
    return _start(source, choices[0] if len(choices) == 1 else _fastest(source, choices, pixels))


def is_exported(source: str | Path) -> bool:
    """Whether it is the name of an exported file."""
    return Path(source).suffix.lower() in _RUNNING


def _choices(source: Path, backend: str, precision: str) -> list[Choice]:
    """All choices that fit the request. The first is the one with whose result those of the others are compared."""
    backends = [cast(Backend, backend)] if backend != "auto" else list(_installed(source))
    if is_exported(source):
        running = _RUNNING[source.suffix.lower()]
        if backend not in ("auto", *running):
            raise ConfigError(
                f"is not for {backend}.", path=source, remedy=f"Use --backend {running[0]}, or the weights."
            )
        # Where no runtime is installed, starting the first one tells how to install it.
        return [Choice(name, "float32") for name in backends] or [Choice(running[0], "float32")]
    if not backends:
        raise DependencyError(
            "these weights are not exported, and PyTorch, which would zoom with them, is not installed.",
            path=source,
            remedy="pip install 'opticalzoom[train]'",
        )
    wanted = _promising() if precision == "auto" else (precision,)
    found = [Choice(name, kind) for name in backends for kind in PRECISIONS[name] if kind in wanted]
    if not found:
        offered = ", ".join(PRECISIONS[backends[0]])
        raise ConfigError(f"{backend} has no {precision}.", remedy=f"It has {offered}; or use another --backend.")
    return found


def _installed(source: Path) -> Iterator[Backend]:
    """What can run the weights here. Anything but PyTorch runs exported files.

    Weights with graphs beside them or within need no exporter; for them ONNX Runtime comes first, as it starts in a
    tenth of the time that importing PyTorch takes, unless there is a GPU.
    """
    exported, pytorch = is_exported(source), find_spec("torch") is not None
    graphs = () if exported else tuple(suffix for suffix in _RUNNING if has_graph(source, suffix))
    ready = graphs and not _has_gpu()
    if pytorch and not exported and not ready:
        yield "torch"
    for suffix, backends in _RUNNING.items():
        exporting = pytorch and all(map(find_spec, _EXPORTING[suffix]))
        able = source.suffix.lower() == suffix if exported else suffix in graphs or exporting
        yield from (name for name in backends if able and find_spec(name))
    if pytorch and ready:
        yield "torch"


def _has_gpu() -> bool:
    """Whether PyTorch can compute on a GPU here; it is asked only where a driver is installed."""
    driver = Path("/proc/driver/nvidia/version").exists() or Path("C:/Windows/System32/nvcuda.dll").exists()
    if not driver or find_spec("torch") is None:
        return False
    import torch  # noqa: PLC0415 - takes seconds

    return torch.cuda.is_available()


def _promising() -> tuple[Precision, ...]:
    """Precisions that may be faster here: processors have no float16, and GPUs are no slower with it."""
    return ("float32", "float16" if _has_gpu() else "bfloat16")


def _start(source: Path, choice: Choice) -> Engine:
    """The engine of a choice."""
    threads, file = cores(), source if is_exported(source) else None
    if choice.backend == "torch":
        return _start_pytorch(source, choice.precision)
    if choice.backend == "onnxruntime":
        return OnnxRuntimeEngine(file or as_onnx(source, cast(ExportPrecision, choice.precision)), threads)
    if choice.backend == "openvino":
        return OpenVinoEngine(file or as_onnx(source, "float32"), threads, choice.precision)
    return NcnnEngine(file or as_ncnn(source), threads)


def _start_pytorch(source: Path, precision: Precision) -> Engine:
    from opticalzoom.engines.checkpoint import load_model  # noqa: PLC0415 - PyTorch takes seconds, and may be missing
    from opticalzoom.engines.torch_engine import TorchEngine  # noqa: PLC0415

    return TorchEngine(load_model(source), precision, "cuda" if _has_gpu() else "cpu")


def _fastest(source: Path, choices: list[Choice], pixels: int) -> Choice:
    """The choice that the cache holds for this situation, else the one that is measured to be the fastest now.

    So few pixels that measuring takes longer than it saves get the first choice.
    """
    path = cached(f"{_situation(source, choices)}.json")
    with suppress(OSError, ValueError, KeyError):
        found = json.loads(path.read_text(encoding="utf-8"))["fastest"]
        return next(choice for choice in choices if list(choice) == found)
    if pixels < WORTH_MEASURING:
        return choices[0]
    seconds = measure(choices, partial(_start, source))
    fastest = min(seconds, key=lambda choice: seconds[choice] * (_WORTH if choice.precision == "float32" else 1))
    listed = {" ".join(choice): round(seconds[choice], 4) for choice in seconds}
    keep(path, json.dumps({"fastest": fastest, "seconds": listed}, indent=1).encode())
    return fastest


def _situation(source: Path, choices: list[Choice]) -> str:
    """Digest of what decides which choice is fastest; the number of threads hardly does."""
    if is_exported(source):
        network: object = hashlib.sha256(source.read_bytes()).hexdigest()
    else:
        card = read_card(source)
        network = {"builder": card.builder, "arguments": card.arguments}
    situation = {
        "method": _METHOD,
        "network": network,
        "choices": choices,
        "versions": {name: package_version(name) for name in PRECISIONS},
        "machine": [platform.node(), platform.machine(), "".join(processor_lines()) or platform.processor()],
        "gpu": _has_gpu(),
    }
    return hashlib.sha256(json.dumps(situation).encode()).hexdigest()[:24]
