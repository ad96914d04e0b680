"""Lenses as files for other people and from them: what comes in is checked first, and nothing is unpickled.

A file from a stranger names a network, its arguments and its tensors. Where PyTorch is installed, the tensors must be
exactly those of that network, which is laid out without memory for it, and the graphs are made anew. Where it is not,
the graph in the file is run once, by ONNX Runtime, and must give what the card says.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from opticalzoom.engines.runtimes import OnnxRuntimeEngine
from opticalzoom.errors import CheckpointError, ConfigError, DependencyError, OpticalZoomError
from opticalzoom.files import atomic_path
from opticalzoom.lenses.library import SUFFIX, card_for_library, installed_lens, put
from opticalzoom.weights.card import ModelCard, damaged_weights, read_card
from opticalzoom.weights.graphs import GraphFile, read_graph, with_graphs

_MOST_BYTES = 256_000_000
_MOST_TENSORS, _LONGEST_NAME, _LONGEST_TEXT = 5000, 200, 100_000
_LARGEST_NUMBER, _LONGEST_WORD = 1024, 40
"""Of a network's arguments: far above all that is ever built, and small enough to lay it out in a second."""
_COPY_AGAIN = "Ask for the file again, or for one that opticalzoom lenses export wrote."


def export_lens(name: str, file: str | Path, *, overwrite: bool = False) -> Path:
    """Copy a lens of the library to a file, which :func:`import_lens` takes and ``zoom --weights``, too.

    Returns:
        The file; its suffix is ``.safetensors``.

    Raises:
        CheckpointError: there is no such lens, or it is damaged.
        ConfigError: the file has another suffix.
        OutputExistsError: the file is there and ``overwrite`` is false.
        OpticalZoomError: it cannot be written.
    """
    lens, path = installed_lens(name), Path(file)
    if lens.card is None:
        raise CheckpointError(lens.problem, path=lens.path, remedy=f"Remove it: opticalzoom lenses remove {name}")
    if path.suffix.lower() != SUFFIX:
        raise ConfigError(f"has the suffix {path.suffix!r}, expected {SUFFIX}.", path=path, remedy=f"Name a {SUFFIX}.")
    with atomic_path(path, overwrite) as part:
        part.write_bytes(lens.path.read_bytes())
    return path


def import_lens(file: str | Path, name: str | None = None, *, overwrite: bool = False) -> str:
    """Check a file that somebody else exported, and install it.

    Args:
        file: the file; it is copied without anything that is not needed.
        name: of the lens, see :func:`~opticalzoom.lenses.library.install_lens`; never taken from the file.
        overwrite: whether a lens of that name may be replaced.

    Returns:
        The name.

    Raises:
        CheckpointError: it is missing, too large, damaged, of another program, has no lens card, numbers that are not
            finite, or tensors of another network than it names.
        DependencyError: it takes PyTorch to zoom with it, which is not installed.
        ConfigError, OutputExistsError, OpticalZoomError: as for :func:`~opticalzoom.lenses.library.install_lens`.
    """
    path = Path(file)
    if path.is_file() and path.stat().st_size > _MOST_BYTES:
        raise CheckpointError(f"is larger than {_MOST_BYTES // 10**6} MB.", path=path, remedy=_COPY_AGAIN)
    card, lens = read_card(path), card_for_library(path)
    tensors = _tensors(path)
    _check_card(card, len(tensors), path)
    graphs = _made_graphs(card, tensors, path) if find_spec("torch") else _checked_graph(card, path)
    content = save(tensors, card.to_metadata())
    return put(with_graphs(content, graphs) if graphs else content, lens, name, overwrite=overwrite)


def _tensors(path: Path) -> dict[str, np.ndarray]:
    """All tensors of a file, which are float32 and finite."""
    try:
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            if not 0 < len(names) <= _MOST_TENSORS:
                raise _refused(f"has {len(names)} tensors, expected 1 to {_MOST_TENSORS}", path)
            for name in names:
                if not (name.isprintable() and len(name) <= _LONGEST_NAME):
                    raise _refused("has a tensor whose name is none", path)
                if file.get_slice(name).get_dtype() != "F32":
                    raise _refused(f"has {file.get_slice(name).get_dtype()} in {name}, expected float32", path)
            tensors = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise damaged_weights(path, error) from error
    wrong = [name for name, tensor in tensors.items() if not np.isfinite(tensor).all()]
    if wrong:
        raise _refused(f"has numbers in {wrong[0]} that are not finite", path)
    return tensors


def _check_card(card: ModelCard, tensors: int, path: Path) -> None:
    """What is said of the network is no larger than any network of so many tensors."""
    for name, value in card.arguments.items():
        number = isinstance(value, int) and 0 <= value <= _LARGEST_NUMBER
        if not (number or (isinstance(value, str) and len(value) <= _LONGEST_WORD)):
            raise _refused(f"asks for a network with {name[:_LONGEST_WORD]!r} of {str(value)[:_LONGEST_WORD]}", path)
    blocks = card.arguments.get("blocks")
    if isinstance(blocks, int) and blocks > tensors:
        raise _refused(f"asks for {blocks} blocks and has {tensors} tensors", path)
    if not _is_short(card.training):
        raise _refused("says more of itself than anybody would read", path)


def _is_short(value: Any, depth: int = 20) -> bool:
    """Whether plain values are no deeper and no longer than what training writes."""
    if isinstance(value, dict | list):
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        return depth > 0 and all(_is_short(part, depth - 1) for part in parts) and len(parts) <= _MOST_TENSORS
    return len(str(value)) <= _LONGEST_TEXT


def _made_graphs(card: ModelCard, tensors: Mapping[str, np.ndarray], path: Path) -> Mapping[GraphFile, bytes]:
    """Graphs of the network that the tensors are; none where the exporters are not installed."""
    from opticalzoom.engines.checkpoint import check_shapes  # noqa: PLC0415 - PyTorch may be missing

    check_shapes(card, {name: tensor.shape for name, tensor in tensors.items()}, path)
    try:
        from opticalzoom.engines.exporting.graphs_export import exported_files  # noqa: PLC0415

        return exported_files(path)
    except (ImportError, OpticalZoomError):  # PyTorch, which is here, does without
        return {}


def _checked_graph(card: ModelCard, path: Path) -> Mapping[GraphFile, bytes]:
    """The graph in the file, which was run once and does what the card says."""
    graph = read_graph(path, ".onnx")
    if graph is None:
        raise DependencyError(
            "holds no graph, and PyTorch, which would do without, is not installed.",
            path=path,
            remedy="pip install 'opticalzoom[train]'",
        )
    try:
        exported = OnnxRuntimeEngine(graph).exported
    except CheckpointError as error:
        raise _refused(f"holds a graph that {error.cause.rstrip('.')}", path) from error
    contract = exported.contract
    said: tuple[Any, ...] = card.arguments.get("scale"), card.arguments.get("input", "rgb"), card.white_balance
    if (contract.scale, contract.input, exported.white_balance) != said:
        raise _refused("holds a graph of another network", path)
    if not (0 <= contract.receptive_field <= _LARGEST_NUMBER and exported.layer_bytes > 0):
        raise _refused("holds a graph with numbers that make no sense", path)
    return {".onnx": graph}


def _refused(cause: str, path: Path) -> CheckpointError:
    return CheckpointError(f"{cause}.", path=path, remedy=_COPY_AGAIN)
