"""Tiny models and their ONNX files, each exported once for all tests: it takes seconds."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import nn

from opticalzoom.models import build

pytest.importorskip("onnx", reason="exporting is an extra")
pytest.importorskip("onnxscript", reason="exporting is an extra")
pytest.importorskip("onnxruntime", reason="exporting is an extra")


def tiny(name: str = "sdan_lite", input: str = "rgb", scale: int = 3) -> nn.Module:
    """Random weights, the same every time."""
    torch.manual_seed(0)
    return build(name, scale=scale, input=input, **({} if name == "bicubic" else {"features": 8, "blocks": 1})).eval()


@cache
def exported(name: str = "sdan_lite", input: str = "rgb", scale: int = 3, precision: str = "float32") -> bytes:
    """The file of :func:`tiny`."""
    from opticalzoom.export import export_bytes  # noqa: PLC0415 - after the check that its packages are there

    return export_bytes(tiny(name, input, scale), precision)
