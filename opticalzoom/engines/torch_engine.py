"""Zooming with PyTorch."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from opticalzoom.models.contract import Contract


class TorchEngine:
    """A network without what only training needs: neither offsets nor the auxiliary result are computed.

    Args:
        model: in eval mode, float32, on the CPU; its weights are put into channels_last order, values unchanged.
    """

    def __init__(self, model: nn.Module) -> None:
        self.contract = cast(Contract, model.contract)
        self._model = model.to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """See :class:`opticalzoom.engines.Engine`."""
        tensor = torch.from_numpy(x).contiguous(memory_format=torch.channels_last)
        image: Tensor = self._model.forward_unaligned(tensor).image  # type: ignore[operator]
        return cast(NDArray[np.float32], image.numpy())
