"""SDAN+: the misalignment is matched, not learned, and the zoomed picture is moved, not the features.

What of SDAN (arXiv 2104.00848) was found to hold and what not is in ``docs/method.md``. Its idea stays: a reference Y'
aligns the network inside a training step, so that plain pixel losses work on misaligned pairs. But its offset network
sees nine pixels far and learns the offsets from the loss; here they are matched (:mod:`opticalzoom.models.matching`),
without a weight that could carry the target into them. And since the zoomed picture is warped, last of all, the network
in front of it does in training exactly what it does when zooming.
"""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from opticalzoom.errors import ModelError
from opticalzoom.models.align import inside_mask, warp, warp_smoothly
from opticalzoom.models.base import ZoomModel, ZoomOutput
from opticalzoom.models.layers import check_choice
from opticalzoom.models.matching import RADIUS, match
from opticalzoom.models.trunk import Trunk, self_reference

WarpKind = Literal["picture", "features"]
"""``picture``: the zoomed picture is warped, bicubically. ``features``: F^X and the skip, bilinearly, as in SDAN."""


class SDANPlus(ZoomModel):
    """A :class:`Trunk` whose result is moved to where the reference shows it.

    Shape:
        x (see :data:`InputKind`) and reference N×3×h×w to :class:`ZoomOutput`.
    """

    def __init__(self, trunk: Trunk, radius: int = RADIUS, warped: WarpKind = "picture") -> None:
        super().__init__()
        check_choice("warped", warped, WarpKind)
        if type(radius) is not int or radius < 0:
            raise ModelError(f"radius is {radius!r}, expected an integer of at least 0.")
        self.trunk, self.radius, self.warped = trunk, radius, warped
        self.contract = trunk.contract.looking(trunk.reach)

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """Zoom x, and move the result to where the reference shows it.

        Args:
            x: input as the contract says, float in [0, 1], any size; padded inside and cropped where needed.
            reference: Y', N×3×h×w with h×w = ``contract.grid_size(H, W)``. None for {X, X}: pictures that are equal
                match at offsets of exactly zero, so none are computed.

        Returns:
            Picture, auxiliary result X' (X as RGB on the grid, warped), offsets and mask M'; for {X, X} the picture.

        Raises:
            ShapeError: a shape is not what the contract says, with expected and got.
        """
        if reference is None:
            return self.forward_unaligned(x)
        self.contract.check(x, reference)
        picture = self_reference(x, self.contract)
        offset = match(picture, reference, self.radius)
        aligned = warp(picture, offset)
        features = self.trunk.extract(x)
        if self.warped == "features":
            image = self.trunk.restore(warp(features, offset), x, offset)
        else:
            zoomed, factor = self.trunk.restore(features, x), self.contract.grid_factor
            enlarged = F.interpolate(offset, scale_factor=factor, mode="bilinear") * factor
            image = warp_smoothly(zoomed, enlarged[..., : zoomed.shape[-2], : zoomed.shape[-1]])
        return ZoomOutput(image, aligned.to(x.dtype), offset, inside_mask(offset))

    def forward_unaligned(self, x: Tensor) -> ZoomOutput:
        """Zoom x: all that there is without a reference.

        Raises:
            ShapeError: as for :meth:`forward`.
        """
        self.contract.check(x)
        return ZoomOutput(self.trunk.restore(self.trunk.extract(x), x))
