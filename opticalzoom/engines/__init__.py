"""What computes a zoomed tile: one small interface over PyTorch and the runtimes of exported models."""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import nn

from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.models.contract import Contract

Array = NDArray[np.float32]


class Engine(Protocol):
    """A model that is ready to zoom without alignment; the photo is its own reference."""

    @property
    def contract(self) -> Contract:
        """What the model takes and gives."""

    def __call__(self, x: Array) -> Array:
        """Zoom a batch.

        Args:
            x: N×C×H×W float32 in [0, 1], any strides, of the contract's input kind.

        Returns:
            N×3×H'×W' float32, nominally in [0, 1] (not clipped), any strides; H' and W' are ``contract.output_factor``
            times H and W.

        Raises:
            ModelError: x has another number of channels.
        """


AnyEngine = TypeVar("AnyEngine", bound=Engine)


def as_engine(model: nn.Module | AnyEngine) -> TorchEngine | AnyEngine:
    """A network as an engine of PyTorch; an engine as it is."""
    return TorchEngine(model) if isinstance(model, nn.Module) else model
