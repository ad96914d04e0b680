"""What is exported in tests: tiny networks of every kind, and the sizes of pictures that are compared."""

from __future__ import annotations

import networks
import torch
from torch import nn

from opticalzoom.models import build

KINDS = [  # all that graphs are made of: every input, both tails, RRDB, one filter, bicubic; an export takes seconds
    ("sdan_lite", "rgb", 3),
    ("sdan_lite", "raw", 2),
    ("sdan_lite", "resized", 3),
    ("srresnet", "rgb", 4),
    ("rrdb", "resized", 2),
    ("linear", "rgb", 3),
    ("bicubic", "raw", 4),
]
SIZES = [(1, 1, 1), (1, 7, 19), (3, 16, 5), (1, 40, 33)]
"""Batch, height and width."""


def tiny(name: str = "sdan_lite", input: str = "rgb", scale: int = 3) -> nn.Module:
    """Random weights, the same every time."""
    torch.manual_seed(0)
    sizes = networks.SIZES.get(name, {"features": 8, "blocks": 1})
    model = build(name, scale=scale, input=input, **sizes)
    if name == "linear":  # zero at first, and so would be what is compared
        nn.init.normal_(model.filter.weight, std=0.05)
    return model.eval()
