"""ESRGAN's generator: its size and what its blocks add."""

from __future__ import annotations

import torch
from torch import nn

from opticalzoom.models import build
from opticalzoom.models.rrdb import RRDB


def test_rrdb_has_the_papers_size() -> None:
    assert sum(p.numel() for p in build("rrdb", scale=4).parameters()) == 16_697_987  # of ESRGAN's released weights


def test_rrdb_adds_a_fifth_of_a_fifth() -> None:
    """With biases alone, a dense block adds 0.2 and three of them, behind their shortcut, 0.2 · 0.6."""
    block = RRDB(features=4, growth=2)
    for convolution in (part for part in block.modules() if isinstance(part, nn.Conv2d)):
        nn.init.zeros_(convolution.weight)
        nn.init.ones_(convolution.bias)
    x = torch.rand(1, 4, 5, 6)
    torch.testing.assert_close(block[0](x), x + 0.2)
    torch.testing.assert_close(block(x), x + 0.2 * (x + 0.6))
