"""Exported files of weights, kept beside them without the weights: what zooms without PyTorch is put together again.

An exported ONNX or ncnn file is some 20 kB of graph around the very bytes of the tensors in the weights file. So
``NAME.graphs.json`` holds, for each exported file, a list of pieces in order: ``{"tensor": NAME}`` for the bytes of a
tensor of ``NAME.safetensors``, or ``{"bytes": BASE64}``. The result is the exported file, byte for byte.

A weights file may also hold its graphs itself, as metadata: then one file is all that travels.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

GraphFile = Literal[".onnx", ".param", ".bin", ".json"]
"""Which file: ONNX, or one of the three that are an ncnn model."""

Piece = dict[str, str]

_KEY = "graphs"
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_LEAST = 64
"""Bytes from which on a reference to a tensor is shorter than the tensor."""


def graphs_path(weights: Path) -> Path:
    """Where the graphs of a weights file are."""
    return weights.with_suffix(".graphs.json")


def tensor_bytes(weights: bytes) -> dict[str, bytes]:
    """The raw bytes of each tensor in the content of a safetensors file (https://github.com/huggingface/safetensors)."""
    header, start = _header(weights)
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            found[name] = weights[start + first : start + last]
    return found


def split(content: bytes, tensors: dict[str, bytes]) -> list[Piece]:
    """A file's content as pieces, with references to the tensors whose bytes are in it."""
    places: dict[int, str] = {}
    for name, data in tensors.items():
        if len(data) >= _LEAST and (at := content.find(data)) >= 0:
            places.setdefault(at, name)
    pieces: list[Piece] = []
    done = 0
    for at, name in sorted(places.items()):
        if at >= done:
            pieces += [{"bytes": b64encode(content[done:at]).decode()}, {"tensor": name}]
            done = at + len(tensors[name])
    return [*pieces, {"bytes": b64encode(content[done:]).decode()}]


def join(pieces: list[Piece], tensors: dict[str, bytes]) -> bytes:
    """The inverse of :func:`split`.

    >>> tensors = {"weight": bytes(range(100))}
    >>> join(split(b"head" + tensors["weight"] + b"tail", tensors), tensors) == b"head" + tensors["weight"] + b"tail"
    True
    """
    return b"".join(tensors[piece["tensor"]] if "tensor" in piece else b64decode(piece["bytes"]) for piece in pieces)


def graphs_text(weights: bytes, exported: dict[GraphFile, bytes]) -> str:
    """The text of a ``.graphs.json`` file for the content of a weights file and what it was exported to."""
    tensors = tensor_bytes(weights)
    graphs = {suffix: split(content, tensors) for suffix, content in exported.items()}
    return json.dumps({"weights": hashlib.sha256(weights).hexdigest(), "graphs": graphs}, indent=0) + "\n"


def read_graph(weights: Path, suffix: GraphFile) -> bytes | None:
    """An exported file of weights, put together from what lies beside them or, failing that, from what is within.

    Returns:
        None if nothing of the kind is there, if it is damaged, or if it belongs to other weights.
    """
    try:
        content = weights.read_bytes()
        return join(_graphs(weights, content)[suffix], tensor_bytes(content))
    except (OSError, *_DAMAGE):
        return None


def has_graph(weights: Path, suffix: str) -> bool:
    """Whether such a graph lies beside a weights file or is within it; whether it is sound shows when it is read."""
    with suppress(OSError, *_DAMAGE):
        if suffix in json.loads(graphs_path(weights).read_text(encoding="utf-8"))["graphs"]:
            return True
    with suppress(OSError, SafetensorError, *_DAMAGE), safe_open(weights, framework="numpy") as file:
        return suffix in json.loads((file.metadata() or {})[_KEY])
    return False


def with_graphs(weights: bytes, exported: Mapping[GraphFile, bytes]) -> bytes:
    """The content of a weights file that holds its graphs itself, in place of any that it held; tensors as they are."""
    header, start = _header(weights)
    tensors = tensor_bytes(weights)
    graphs = {suffix: split(content, tensors) for suffix, content in exported.items()}
    header["__metadata__"] = {**header.get("__metadata__", {}), _KEY: json.dumps(graphs)}
    return _with_header(header, weights[start:])


def in_order(weights: bytes) -> bytes:
    """The content of a weights file with its metadata sorted: safetensors writes them in another order every time."""
    header, start = _header(weights)
    header["__metadata__"] = dict(sorted(header.get("__metadata__", {}).items()))
    return _with_header(header, weights[start:])


def _with_header(header: dict[str, Any], tensors: bytes) -> bytes:
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format has tensors begin at a multiple of eight
    return len(text).to_bytes(8, "little") + text + tensors


def _graphs(weights: Path, content: bytes) -> dict[str, list[Piece]]:
    """The pieces of every exported file, by suffix."""
    with suppress(OSError, *_DAMAGE):
        described = json.loads(graphs_path(weights).read_text(encoding="utf-8"))
        if described["weights"] == hashlib.sha256(content).hexdigest():
            return described["graphs"]
    return json.loads(_header(content)[0]["__metadata__"][_KEY])


def _header(weights: bytes) -> tuple[dict[str, Any], int]:
    """What is written of tensors and metadata, and where the tensors' bytes begin."""
    start = 8 + int.from_bytes(weights[:8], "little")
    return json.loads(weights[8:start]), start
