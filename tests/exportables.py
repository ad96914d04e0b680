"""What is exported in tests: tiny networks of every kind, and the sizes of pictures that are compared."""

from __future__ import annotations

import torch
from torch import nn

from opticalzoom.models import build

KINDS = [  # all that graphs are made of: every input, both tails, RRDB, bicubic; an export takes seconds
    ("sdan_lite", "rgb", 3),
    ("sdan_lite", "raw", 2),
    ("sdan_lite", "resized", 3),
    ("srresnet", "rgb", 4),
    ("rrdb", "resized", 2),
    ("bicubic", "raw", 4),
]
SIZES = [(1, 1, 1), (1, 7, 19), (3, 16, 5), (1, 40, 33)]
"""Batch, height and width."""


def tiny(name: str = "sdan_lite", input: str = "rgb", scale: int = 3) -> nn.Module:
    """Random weights, the same every time."""
    torch.manual_seed(0)
    return build(name, scale=scale, input=input, **({} if name == "bicubic" else {"features": 8, "blocks": 1})).eval()
