"""Small networks for tests, and what they take."""

from __future__ import annotations

import torch
from torch import Tensor

from opticalzoom.models import ZoomModel, build
from opticalzoom.models.motion import gaussian

INPUTS = ("rgb", "raw", "resized")
"""Every kind of input."""

SIZES: dict[str, dict[str, int]] = {"bicubic": {}, "linear": {"radius": 4}}
"""Arguments that make a model small, of those that have no features and blocks."""


def small_network(name: str, **arguments: object) -> ZoomModel:
    """A model that is quick to run; bicubic interpolation has no size."""
    torch.manual_seed(0)
    return build(name, **arguments, **SIZES.get(name, {"features": 4, "blocks": 1}))


def network_input(model: ZoomModel, height: int, width: int, images: int = 1) -> Tensor:
    """Random values of the shape that its contract asks for, the same every time."""
    generator = torch.Generator().manual_seed(3)
    return torch.rand(images, model.contract.channels, height, width, generator=generator)


def texture(height: int, width: int, seed: int = 0) -> Tensor:
    """Smooth noise that has something to match everywhere, 1×3×H×W in [0, 1]."""
    drawn = torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(seed))
    smooth = gaussian(drawn, 1.2)
    return ((smooth - smooth.mean()) / smooth.std() * 0.15 + 0.5).clamp(0, 1).expand(-1, 3, -1, -1)
