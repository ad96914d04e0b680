"""What computes a zoomed tile: one small interface over PyTorch and the runtimes of exported models."""

from __future__ import annotations

from typing import TypeVar

from torch import nn

from opticalzoom.engines.engine import Engine
from opticalzoom.engines.torch_engine import TorchEngine

AnyEngine = TypeVar("AnyEngine", bound=Engine)


def as_engine(model: nn.Module | AnyEngine) -> TorchEngine | AnyEngine:
    """A network as an engine of PyTorch, on the CPU in float32; an engine as it is."""
    return TorchEngine(model) if isinstance(model, nn.Module) else model
