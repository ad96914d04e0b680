"""SDAN: Squared Deformable Alignment Network (Mei, Ye, Huang: "Learning Misaligned Optical Zoom").

The features of X are aligned to a reference Y' inside the network, so that plain pixel losses work on misaligned
pairs. There is no Y' when zooming: X is its own reference.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from opticalzoom.models.align import deform_conv, inside_mask, squared_deform_conv
from opticalzoom.models.base import ZoomModel, ZoomOutput
from opticalzoom.models.layers import AttentionKind, check_choice, conv3x3, cross_packing_attention
from opticalzoom.models.trunk import Trunk, self_reference

DeformKind = Literal["squared", "per_point"]
"""``squared``: one offset moves the whole window (SDAN). ``per_point``: one per tap (row "DCN" of the tables)."""


class ReferenceEncoder(nn.Module):
    """F^Y' = ReLU(conv(Y')), with flip augmentation of Y' and its vertical, horizontal and double flips.

    One convolution sees the 12 channels, as in the released code.

    Shape:
        N×3×h×w to N×features×h×w.
    """

    def __init__(self, features: int, flips: bool = True) -> None:
        super().__init__()
        self.flips: tuple[tuple[int, ...], ...] = ((2,), (3,), (2, 3)) if flips else ()
        self.conv = conv3x3(3 * (1 + len(self.flips)), features)

    def forward(self, reference: Tensor) -> Tensor:
        """Encode the reference."""
        flipped = [reference.flip(axes) for axes in self.flips]
        return F.relu(self.conv(torch.cat((reference, *flipped), dim=1)))


class OffsetNetwork(nn.Module):
    """Offsets Θ out of concat(F^X, F^Y'): conv, CPA, ReLU, conv, CPA, ReLU, conv.

    Shape:
        two times N×features×h×w to N×channels×h×w, float32 at least, in grid pixels (dy, dx).
    """

    def __init__(self, features: int, channels: int = 2, attention: AttentionKind = "packed") -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv3x3(2 * features, features),
            cross_packing_attention(attention, features),
            nn.ReLU(),
            conv3x3(features, features),
            cross_packing_attention(attention, features),
            nn.ReLU(),
        )
        self.head = conv3x3(features, channels)
        # The paper does not say how it is initialised. Zero: training begins at the identity warp, not at random ones.
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor, reference: Tensor) -> Tensor:
        """Estimate the offsets."""
        hidden = self.body(torch.cat((features, reference), dim=1))
        # Half-precision autocast would round an offset of 8 px to steps of 1/16 px.
        with torch.autocast(hidden.device.type, enabled=False):
            return self.head(hidden.to(self.head.weight.dtype))


class SquaredDeformConv(nn.Conv2d):
    """3×3 :func:`squared_deform_conv`; without offsets a plain convolution, which is the same at zero offset.

    Shape:
        N×C×h×w and offsets N×2×h×w to N×C×h×w.
    """

    offset_channels = 2

    def __init__(self, features: int) -> None:
        super().__init__(features, features, 3, padding=1)

    def forward(self, input: Tensor, offset: Tensor | None = None) -> Tensor:
        """Convolve at p + Δ(p)."""
        if offset is None:
            return super().forward(input)
        return squared_deform_conv(input, offset, self.weight, self.bias)


class PerPointDeformConv(nn.Conv2d):
    """3×3 :func:`deform_conv`; without offsets a plain convolution, which is the same at zero offset.

    Shape:
        N×C×h×w and offsets N×18×h×w to N×C×h×w.
    """

    offset_channels = 18

    def __init__(self, features: int) -> None:
        super().__init__(features, features, 3, padding=1)

    def forward(self, input: Tensor, offset: Tensor | None = None) -> Tensor:
        """Convolve with every tap at p + p_k + Δ_k(p)."""
        if offset is None:
            return super().forward(input)
        return deform_conv(input, offset, self.weight, self.bias)


class SDAN(ZoomModel):
    """Squared Deformable Alignment Network around a :class:`Trunk`.

    ``contract`` holds for :meth:`forward_unaligned`; attention makes :meth:`forward` see the whole picture.

    Shape:
        x (see :data:`InputKind`) and reference N×3×h×w to :class:`ZoomOutput`.
    """

    def __init__(
        self,
        trunk: Trunk,
        features: int = 64,
        attention: AttentionKind = "packed",
        flips: bool = True,
        deform: DeformKind = "squared",
    ) -> None:
        super().__init__()
        check_choice("deform", deform, DeformKind)
        self.trunk = trunk
        self.reference = ReferenceEncoder(features, flips)
        self.deform = SquaredDeformConv(features) if deform == "squared" else PerPointDeformConv(features)
        self.offsets = OffsetNetwork(features, self.deform.offset_channels, attention)
        self.to_rgb = conv3x3(features, 3)
        self.contract = trunk.contract.looking(1 + trunk.reach)

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """Align x to the reference and zoom it.

        Args:
            x: input as the contract says, float in [0, 1], any size; padded inside and cropped where needed.
            reference: Y', N×3×h×w with h×w = ``contract.grid_size(H, W)``; None for {X, X}.

        Returns:
            Picture, auxiliary result X', offsets and mask M'. For per-point deformation the offsets are the
            mean over the taps, which the mask and the skip use too.

        Raises:
            ShapeError: a shape is not what the contract says, with expected and got.
        """
        self.contract.check(x, reference)
        reference = self_reference(x, self.contract) if reference is None else reference
        features = self.trunk.extract(x)
        offsets = self.offsets(features, self.reference(reference))
        aligned = F.relu(self.deform(features, offsets), inplace=True)
        offset = offsets.unflatten(1, (-1, 2)).mean(1)
        image = self.trunk.restore(aligned, x, offset)
        return ZoomOutput(image, self.to_rgb(aligned).to(x.dtype), offset, inside_mask(offset))

    def forward_unaligned(self, x: Tensor) -> ZoomOutput:
        """Zoom x with offsets of exactly zero, without the offset network.

        For tiles: the attention in the offset network looks at the whole picture, this path only as far as
        ``contract.receptive_field``.

        Args:
            x: as for :meth:`forward`.

        Returns:
            The picture; the other fields are None.

        Raises:
            ShapeError: as for :meth:`forward`.
        """
        self.contract.check(x)
        return ZoomOutput(self.trunk.restore(F.relu(self.deform(self.trunk.extract(x)), inplace=True), x))
