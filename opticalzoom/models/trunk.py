"""What SDAN and SRResNet share: from a picture to features on the grid, and from features to the zoomed picture."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from opticalzoom.errors import ModelError
from opticalzoom.models.align import warp
from opticalzoom.models.bicubic_filter import enlarge_bicubic
from opticalzoom.models.layers import ResidualBlock, TailKind, check_choice, conv3x3, tail
from opticalzoom.weights.contract import Contract, InputKind

SkipKind = Literal["none", "bicubic"]
"""``bicubic``: the bicubically enlarged (warped) input is added, the network learns what it lacks."""


_AHEAD = torch.tensor((0.0, 0.75, 0.25))  # linear, a quarter of a pixel further on
_DEVELOPMENT = torch.zeros(3, 4, 3, 3)
_DEVELOPMENT[0, 0] = torch.outer(_AHEAD, _AHEAD)
_DEVELOPMENT[1, 1:3, 1, 1] = 0.5
_DEVELOPMENT[2, 3] = _DEVELOPMENT[0, 0].flip(0, 1)


def mosaic_to_rgb(packed: Tensor) -> Tensor:
    """Packed mosaic to RGB on its own grid, all three colours at the middle of each cell.

    R lies a quarter of a packed pixel up and left of it and B as far down and right: both are interpolated there. The
    mean of both G is there already.

    Args:
        packed: N×4×h×w, R, G, G, B.

    Returns:
        N×3×h×w.
    """
    with torch.autocast(packed.device.type, enabled=False):  # which would take the picture's last bits
        return F.conv2d(F.pad(packed, (1, 1, 1, 1), mode="replicate"), _DEVELOPMENT.to(packed))


def pad_to_grid(x: Tensor, contract: Contract) -> Tensor:
    """Pad by replication at the bottom and the right to a size that fits."""
    rows, columns = contract.padding(x.shape[-2], x.shape[-1])
    return F.pad(x, (0, columns, 0, rows), mode="replicate")  # also by 0: an exported model asks no questions


def self_reference(x: Tensor, contract: Contract) -> Tensor:
    """The reference of {X, X}: X as RGB on the network's grid (for ``resized`` by area averages).

    Args:
        x: the model's input.
        contract: the model's contract.

    Returns:
        N×3×h×w.
    """
    if contract.input == "raw":
        return mosaic_to_rgb(x)
    if contract.input == "resized":
        return F.avg_pool2d(pad_to_grid(x, contract), contract.scale)
    return x


def bicubic_zoom(x: Tensor, contract: Contract, offset: Tensor | None = None) -> Tensor:
    """The input at the output's size by bicubic interpolation; with an offset, of the warped input.

    Args:
        x: the model's input.
        contract: the model's contract.
        offset: (dy, dx) in grid pixels, N×2×h×w, or None for no warp.

    Returns:
        N×3×H×W, H×W being output_factor times x's size.
    """
    if contract.input == "resized":  # the full-size X has more than its reduction: warp it with enlarged offsets
        if offset is None:
            return x
        enlarged = F.interpolate(offset, scale_factor=contract.scale, mode="bilinear") * contract.scale
        return warp(x, enlarged[..., : x.shape[-2], : x.shape[-1]])
    picture = mosaic_to_rgb(x) if contract.input == "raw" else x
    warped = picture if offset is None else warp(picture, offset)
    return enlarge_bicubic(warped, contract.output_factor)


class Trunk(nn.Module):
    """SRResNet-like base network in two halves, so that an alignment can go between them.

    Shape:
        - extract: input N×C×H×W (see :data:`InputKind`) to F^X, N×features×h×w on the grid.
        - restore: features N×features×h×w to N×3×H'×W', H'×W' being output_factor times the input's size.
    """

    def __init__(
        self,
        scale: int,
        input: InputKind = "rgb",
        features: int = 64,
        blocks: int = 16,
        skip: SkipKind = "none",
        tail_kind: TailKind = "paper",
    ) -> None:
        super().__init__()
        for name, value in (("features", features), ("blocks", blocks)):
            if type(value) is not int or value < 1:
                raise ModelError(f"{name} is {value!r}, expected an integer of at least 1.")
        check_choice("skip", skip, SkipKind)
        multiple = scale if input == "resized" else 1
        self.contract = Contract(scale, input, multiple)
        self.skip = skip
        self.head = conv3x3(self.contract.grid_channels, features)
        self.body = nn.Sequential(*(ResidualBlock(features) for _ in range(blocks)), conv3x3(features, features))
        self.tail = tail(tail_kind, features, self.contract.grid_factor)

    @property
    def reach(self) -> int:
        """How many grid pixels an output pixel looks at in each direction."""
        blocks = len(self.body) - 1
        return 1 + 2 * blocks + 1 + self.tail.reach

    def extract(self, x: Tensor) -> Tensor:
        """F^X = ReLU(conv(X)) on the grid; ``resized`` input is padded and packed to it first.

        Raises:
            ShapeError: x does not have the contract's channels.
        """
        self.contract.check(x)
        if self.contract.input == "resized":
            x = F.pixel_unshuffle(pad_to_grid(x, self.contract), self.contract.scale)
        kind = x.device.type
        with torch.autocast(kind, enabled=False):  # bfloat16 holds no more of a bright picture than seven bits
            features = F.relu(self.head(x), inplace=True)
        # Sums of two dtypes take the CPU longer than a convolution.
        return features.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else features

    def restore(self, features: Tensor, x: Tensor, offset: Tensor | None = None) -> Tensor:
        """The zoomed picture, from (aligned) features and, with the skip, from x warped by ``offset``."""
        zoomed = self.tail(self.body(features).add_(features))
        zoomed = zoomed[..., : x.shape[-2] * self.contract.output_factor, : x.shape[-1] * self.contract.output_factor]
        if self.skip == "bicubic":
            zoomed = zoomed + bicubic_zoom(x, self.contract, offset)
        return zoomed.to(x.dtype)
