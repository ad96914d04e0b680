"""How large tiles may be so that zooming stays within a given memory.

Counted is what grows with tile and photo: what the network holds of a tile, the bands that are read and written. What
Python, the libraries and the weights need comes on top.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from opticalzoom.engines import TorchEngine
from opticalzoom.engines.engine import Engine
from opticalzoom.engines.ensemble import EnsembleEngine
from opticalzoom.engines.runtimes import ExportedEngine
from opticalzoom.errors import ConfigError
from opticalzoom.models.contract import Contract
from opticalzoom.tiles import Enlarger

LARGEST, SMALLEST = 512, 16
"""Sides of tiles: larger ones gain nothing, and at smaller ones overlaps cost ten times the work."""

_PROBE = 32
_BANDS_READ, _BANDS_WRITTEN = 4, 3
"""Two in use, in waiting, and being made or turned; in use, in waiting, and in the hands of the encoder."""


def bytes_per_pixel(model: nn.Module | Engine) -> int:
    """About how much a network needs for each pixel of a photo (RAW: cell)."""
    while isinstance(model, EnsembleEngine):
        model = model.engine
    if isinstance(model, ExportedEngine):  # which does not show its layers: they were looked at before
        return math.ceil(model.memory_factor * model.exported.layer_bytes)
    network = model.network if isinstance(model, TorchEngine) else cast(nn.Module, model)
    return math.ceil(TorchEngine.memory_factor * layer_bytes(network))


def layer_bytes(model: nn.Module) -> int:
    """What a network's largest convolution takes and gives, and the picture, for each pixel of a photo (RAW: cell).

    Every engine needs about a multiple of it of its own.
    """
    contract = cast(Contract, model.contract)
    largest = 0

    def look(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal largest
        largest = max(largest, inputs[0].numel() + output.numel())

    hooks = [layer.register_forward_hook(look) for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    try:
        with torch.inference_mode():
            x = torch.zeros(1, contract.channels, _PROBE, _PROBE)
            image = model.forward_unaligned(x).image  # type: ignore[operator]
    finally:
        for hook in hooks:
            hook.remove()
    enlarged = contract.scale**2 if contract.input == "resized" else 1
    return math.ceil(4 * (largest + image.numel()) / _PROBE**2) * enlarged


def tile_side(memory: int, per_pixel: int, enlarger: Enlarger, width: int, channels: int, itemsize: int) -> int:
    """The largest side of a tile with which zooming needs no more than ``memory`` bytes.

    Args:
        memory: in bytes.
        per_pixel: bytes that the network needs for a pixel of a tile.
        enlarger: what zooms.
        width: of the part that is zoomed.
        channels: of the source.
        itemsize: bytes of a value of the source and of the result.

    Raises:
        ConfigError: it is too little even for small tiles.
    """

    def needed(side: int) -> int:
        rows, factor = side + 2 * enlarger.margin, enlarger.factor
        tile = enlarger.streams * per_pixel * rows * min(rows, width)
        read = _BANDS_READ * rows * width * channels * itemsize
        written = _BANDS_WRITTEN * side * factor * width * factor * enlarger.channels * itemsize
        return tile + read + written

    fitting = [side for side in range(SMALLEST, LARGEST + 1, 16) if needed(side) <= memory]
    if not fitting:
        raise ConfigError(
            f"{memory / 1e6:.0f} MB are too little for this photo and network.",
            remedy=f"Allow at least {math.ceil(needed(SMALLEST) / 1e6)} MB.",
        )
    return fitting[-1]
