"""A pretrained network as a chain of named layers, some of whose activations are looked at.

Torch only: the layers are built here and filled from a state dict, so neither torchvision nor the packages that ship
the weights are imported. Losses and metrics share these networks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from opticalzoom.errors import CheckpointError, ModelError, ShapeError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Backbone(nn.Module):
    """A chain of named layers that returns the activations of some of them. Frozen, in evaluation mode.

    Args:
        layers: name to layer, in the order of computation.
        taps: names of the layers to return.
        minimum: smallest height and width of an image.

    Shape:
        N×3×H×W in [0, 1] (of the weights' dtype, not clamped) to a list of N×C×h×w, one per tap, in the order of
        ``taps``. Nothing is computed beyond the last tap.

    Raises:
        ModelError: for a tap that is no layer.
        ShapeError: for an image of another shape or smaller than ``minimum``.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, layers: Mapping[str, nn.Module], taps: Sequence[str], minimum: int) -> None:
        super().__init__()
        unknown = [tap for tap in taps if tap not in layers]
        if unknown or not taps:
            raise ModelError(f"layers to compare are {list(taps)}, expected some of {', '.join(layers)}.")
        self.names, self.taps, self.minimum = tuple(layers), tuple(taps), minimum
        self.depth = 1 + max(self.names.index(tap) for tap in taps)
        self.layers = nn.Sequential(*layers.values())
        # LPIPS's scaling layer, (2x − 1 − shift) / scale, is the same: shift = 2·mean − 1, scale = 2·std.
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False).eval()

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the activations at the taps."""
        if image.ndim != 4 or image.shape[1] != 3 or min(image.shape[-2:]) < self.minimum:
            side = self.minimum
            raise ShapeError(f"image has shape {tuple(image.shape)}, expected N×3×H×W with H and W at least {side}.")
        x, kept = (image - self.mean) / self.std, {}
        for name, layer in zip(self.names[: self.depth], self.layers, strict=False):
            x = layer(x)
            kept[name] = x
        return [kept[tap] for tap in self.taps]


def fill_backbone(backbone: Backbone, state: Mapping[str, Tensor] | None) -> Backbone:
    """The network with weights, which stay random without them.

    Both torchvision and ST-LPIPS number the layers from 0, whatever stands before the number.

    Raises:
        CheckpointError: the weights belong to another network.
    """
    if state is None:
        return backbone
    matches = ((re.fullmatch(r"(?:features|net\.slice\d)\.(\d+)\.(\w+)", key), key) for key in state)
    renamed = {f"layers.{match[1]}.{match[2]}": state[key] for match, key in matches if match}
    try:
        backbone.load_state_dict(renamed)
    except RuntimeError as error:
        raise CheckpointError(
            f"these weights do not fit the network: {error}", remedy="Give the weights of that network."
        ) from error
    return backbone
