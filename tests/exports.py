"""ONNX files of tiny networks, each exported once for all tests: it takes seconds."""

from __future__ import annotations

from functools import cache

import pytest
from exportables import tiny

pytest.importorskip("onnx", reason="exporting is an extra")
pytest.importorskip("onnxscript", reason="exporting is an extra")
pytest.importorskip("onnxruntime", reason="exporting is an extra")


@cache
def exported(name: str = "sdan_lite", input: str = "rgb", scale: int = 3, precision: str = "float32") -> bytes:
    """The file of :func:`tiny`."""
    from opticalzoom.engines.exporting.onnx_export import export_bytes  # noqa: PLC0415 - after the check that its packages are there

    return export_bytes(tiny(name, input, scale), precision)
