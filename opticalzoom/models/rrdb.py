"""ESRGAN's generator: residual-in-residual dense blocks (https://arxiv.org/abs/1809.00219, section 3.1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from opticalzoom.errors import ModelError
from opticalzoom.models.base import ZoomModel, ZoomOutput
from opticalzoom.models.layers import conv3x3
from opticalzoom.models.trunk import pad_to_grid
from opticalzoom.weights.contract import Contract, InputKind

RESIDUAL = 0.2
"""What residuals are multiplied by before they are added, inside the dense blocks and around them (section 3.1)."""
SLOPE = 0.2
"""What the leaky ReLU multiplies negative values by."""

_CONVOLUTIONS = 5  # of a dense block
_BLOCK_REACH = 3 * _CONVOLUTIONS


class DenseBlock(nn.Module):
    """Five convolutions, each on all that came before it.

    Shape:
        N×features×h×w to the same.
    """

    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        widths = [growth] * (_CONVOLUTIONS - 1) + [features]
        self.convolutions = nn.ModuleList(
            conv3x3(features + place * growth, width) for place, width in enumerate(widths)
        )

    def forward(self, x: Tensor) -> Tensor:
        """x plus a fifth of what the last convolution gives."""
        found = [x]
        for convolution in self.convolutions[:-1]:
            found.append(F.leaky_relu(convolution(torch.cat(found, 1)), SLOPE, inplace=True))
        return x + RESIDUAL * self.convolutions[-1](torch.cat(found, 1))


class RRDB(nn.Sequential):
    """Three dense blocks and a shortcut around them.

    Shape:
        N×features×h×w to the same.
    """

    def __init__(self, features: int, growth: int) -> None:
        super().__init__(*(DenseBlock(features, growth) for _ in range(3)))

    def forward(self, x: Tensor) -> Tensor:
        """x plus a fifth of the blocks' result."""
        return x + RESIDUAL * super().forward(x)


class RRDBNet(ZoomModel):
    """ESRGAN's generator, for pairs that are aligned already.

    Args:
        scale: Y over the RGB size of X.
        input: kind of the input.
        features: channels between the blocks.
        growth: channels that each convolution of a dense block adds.
        blocks: 23 in the paper.

    Shape:
        x (see :data:`InputKind`) to :class:`ZoomOutput` with the picture only.

    Raises:
        ModelError: a number below 1.
    """

    def __init__(
        self, scale: int, input: InputKind = "rgb", features: int = 64, growth: int = 32, blocks: int = 23
    ) -> None:
        super().__init__()
        if any(type(value) is not int or value < 1 for value in (features, growth, blocks)):
            raise ModelError(f"features, growth and blocks are {features}, {growth}, {blocks}, expected at least 1.")
        contract = Contract(scale, input, scale if input == "resized" else 1)
        odd = contract.grid_factor % 3 == 0
        self.factors = [2] * ((contract.grid_factor // (3 if odd else 1)).bit_length() - 1) + [3] * odd
        self.head = conv3x3(contract.grid_channels, features)
        self.body = nn.Sequential(*(RRDB(features, growth) for _ in range(blocks)), conv3x3(features, features))
        self.enlarge = nn.ModuleList(conv3x3(features, features) for _ in self.factors)
        self.refine, self.last = conv3x3(features, features), conv3x3(features, 3)
        self.contract = contract.looking(1 + _BLOCK_REACH * blocks + 1 + self._tail_reach())

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """Zoom x; a reference is checked and otherwise ignored, so that all models are called alike.

        Raises:
            ShapeError: a shape is not what the contract says, with expected and got.
        """
        self.contract.check(x, reference)
        factor = self.contract.output_factor
        size = x.shape[-2] * factor, x.shape[-1] * factor
        if self.contract.input == "resized":
            x = F.pixel_unshuffle(pad_to_grid(x, self.contract), self.contract.scale)
        features = self.head(x)
        features = features + self.body(features)
        for step, convolution in zip(self.factors, self.enlarge, strict=True):
            features = F.leaky_relu(convolution(F.interpolate(features, scale_factor=step)), SLOPE, inplace=True)
        image = self.last(F.leaky_relu(self.refine(features), SLOPE, inplace=True))
        return ZoomOutput(image[..., : size[0], : size[1]].to(x.dtype))

    def _tail_reach(self) -> int:
        """Grid pixels that the convolutions on finer grids look at."""
        reach = 2  # the last two
        for step in reversed(self.factors):
            reach = -(-(reach + 1) // step)
        return reach
