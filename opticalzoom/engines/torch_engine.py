"""Zooming with PyTorch."""

from __future__ import annotations

from typing import cast

import torch

from opticalzoom.engines.engine import Array
from opticalzoom.models.base import ZoomModel
from opticalzoom.weights.computing import Precision


class TorchEngine:
    """A network without what only training needs: neither offsets nor the auxiliary result are computed.

    ``torch.compile`` is not used: it needs a C++ compiler and about 45 seconds for a thirteenth less time.

    Args:
        model: in eval mode, float32; it is moved to the device and its weights are put into channels_last order.
        precision: what convolutions are computed in; the bicubic skip and the result stay float32.
        device: where.

    Attributes:
        memory_factor: see :class:`opticalzoom.engines.runtimes.ExportedEngine`.
    """

    streams = 1
    memory_factor = 2.4

    def __init__(
        self,
        model: ZoomModel,
        precision: Precision = "float32",
        device: str = "cpu",
    ) -> None:
        self.contract = model.contract
        self._device, self._dtype = torch.device(device), getattr(torch, precision)
        self.network = model.to(self._device).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def __call__(self, x: Array) -> Array:
        """See :class:`opticalzoom.engines.engine.Engine`."""
        tensor = torch.from_numpy(x).to(self._device, memory_format=torch.channels_last)
        with torch.autocast(self._device.type, self._dtype, enabled=self._dtype != torch.float32):
            image = self.network.forward_unaligned(tensor).image
        return cast(Array, image.float().cpu().numpy())
