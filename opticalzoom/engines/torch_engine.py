"""Zooming with PyTorch."""

from __future__ import annotations

import math
import os
from typing import cast

import torch
from torch import Tensor, nn

from opticalzoom.engines.engine import Array
from opticalzoom.models.base import ZoomModel
from opticalzoom.weights.computing import Precision

_PROBE = 32
"""Side in pixels of the picture with which a network's layers are looked at."""


class TorchEngine:
    """A network without what only training needs: neither offsets nor the auxiliary result are computed.

    ``torch.compile`` is not used: it needs a C++ compiler and about 45 seconds for a thirteenth less time.

    Args:
        model: in eval mode, float32; it is moved to the device and its weights are put into channels_last order.
        precision: what convolutions are computed in; the bicubic skip and the result stay float32.
        device: where.

    Attributes:
        memory_factor: see :class:`opticalzoom.engines.runtimes.ExportedEngine`.
        bytes_per_pixel: see :class:`opticalzoom.engines.engine.Engine`.
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
        self._process = os.getpid()
        self.bytes_per_pixel = math.ceil(self.memory_factor * layer_bytes(model))
        self.network = model.to(self._device).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def __call__(self, x: Array) -> Array:
        """See :class:`opticalzoom.engines.engine.Engine`; with one thread in a process that was forked since."""
        if os.getpid() != self._process:  # other threads are not there, and would be waited for
            torch.set_num_threads(1)
            self._process = os.getpid()
        tensor = torch.from_numpy(x).to(self._device, memory_format=torch.channels_last)
        with torch.autocast(self._device.type, self._dtype, enabled=self._dtype != torch.float32):
            image = self.network.forward_unaligned(tensor).image
        return cast(Array, image.float().cpu().numpy())


def layer_bytes(model: ZoomModel) -> int:
    """Bytes for each pixel of a photo (RAW: cell of 2×2): input and output of the largest convolution, and the picture.

    What an engine needs of memory is about a multiple of this, by a factor of its own.
    """
    contract = model.contract
    largest = 0

    def look(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal largest
        largest = max(largest, inputs[0].numel() + output.numel())

    hooks = [layer.register_forward_hook(look) for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    try:
        with torch.inference_mode():
            x = torch.zeros(1, contract.channels, _PROBE, _PROBE)
            image = model.forward_unaligned(x).image
    finally:
        for hook in hooks:
            hook.remove()
    enlarged = contract.scale**2 if contract.input == "resized" else 1
    return math.ceil(4 * (largest + image.numel()) / _PROBE**2) * enlarged
