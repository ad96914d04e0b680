"""What networks can be computed with, as plain values: the command line offers them before it imports a runtime."""

from __future__ import annotations

from typing import Literal

Backend = Literal["torch", "onnxruntime", "openvino", "ncnn"]

Precision = Literal["float32", "bfloat16", "float16"]
"""What is computed in; what goes in and comes out is float32."""

PRECISIONS: dict[Backend, tuple[Precision, ...]] = {
    "torch": ("float32", "bfloat16", "float16"),
    "onnxruntime": ("float32", "float16"),
    "openvino": ("float32", "bfloat16", "float16"),
    "ncnn": ("float32",),
}
"""What each backend can be asked for."""

MEMORY = 500_000_000
"""Bytes that zooming a photo may have in use, beside Python and libraries, if nothing else is asked for."""

LARGEST_TILE = 320
"""Side of the largest tile, in pixels: a layer of a larger one has left the cache when the next layer reads it."""
