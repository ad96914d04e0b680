"""What tests of several modules need: small pictures, networks and weights, and texts to compare with."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from rich.console import Console, RenderableType

EXPECTED = Path(__file__).parent / "expected"
"""Texts that earlier versions wrote for the same input."""


def noisy_picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Every pixel another colour, H×W×3 uint8."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


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
