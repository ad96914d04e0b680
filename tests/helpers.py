"""What tests of several rooms need, without PyTorch: noise, and texts to compare with."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from rich.console import Console, RenderableType

EXPECTED = Path(__file__).parent / "expected"
"""Texts that earlier versions wrote for the same input."""


def noise(*shape: int, dtype: type[np.unsignedinteger] = np.uint8, seed: int = 0) -> np.ndarray:
    """Every value of an array drawn from all that its dtype has."""
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def expected_text(name: str) -> str:
    """A file of :data:`EXPECTED`."""
    return (EXPECTED / name).read_text(encoding="utf-8")


def printed(table: RenderableType) -> str:
    """What Rich prints into a terminal of 80 columns, without colours."""
    console = Console(width=80, file=io.StringIO(), color_system=None)
    console.print(table)
    return console.file.getvalue()


def without_versions(text: str) -> str:
    """JSON without the versions of packages that made it."""
    return re.sub(r'"versions": \{.*?\}', '"versions": {}', text, flags=re.DOTALL)
