"""The interface between what zooms photos and what computes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from opticalzoom.weights.contract import Contract

if TYPE_CHECKING:
    from opticalzoom.models.base import ZoomModel

Array = NDArray[np.float32]


@runtime_checkable
class Engine(Protocol):
    """A model that is ready to zoom without alignment; the photo is its own reference."""

    @property
    def contract(self) -> Contract:
        """What the model takes and gives."""

    @property
    def streams(self) -> int:
        """How many calls at once, from as many threads, are fastest; a single one need not use all cores."""

    @property
    def bytes_per_pixel(self) -> int:
        """About how much memory a call needs for each pixel of the photo (RAW: cell of 2×2)."""

    def __call__(self, x: Array) -> Array:
        """Zoom a batch.

        Args:
            x: N×C×H×W float32 in [0, 1], any strides, of the contract's input kind.

        Returns:
            N×3×H'×W' float32, nominally in [0, 1] (not clipped), any strides; H' and W' are ``contract.output_factor``
            times H and W.

        Raises:
            ShapeError: x has another number of channels.
        """


def as_engine(model: ZoomModel | Engine) -> Engine:
    """A network as an engine of PyTorch, on the CPU in float32; an engine as it is."""
    if isinstance(model, Engine):
        return model
    from opticalzoom.engines.torch_engine import TorchEngine  # noqa: PLC0415 - only a network needs PyTorch

    return TorchEngine(model)
