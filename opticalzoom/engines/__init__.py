"""What computes a zoomed tile: one small interface over PyTorch and the runtimes of exported models."""

from __future__ import annotations

from typing import TypeVar

from opticalzoom.engines.engine import Engine
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.models.base import ZoomModel

AnyEngine = TypeVar("AnyEngine", bound=Engine)


def as_engine(model: ZoomModel | AnyEngine) -> TorchEngine | AnyEngine:
    """A network as an engine of PyTorch, on the CPU in float32; an engine as it is."""
    return TorchEngine(model) if isinstance(model, ZoomModel) else model
