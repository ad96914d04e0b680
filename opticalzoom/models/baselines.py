"""What SDAN is compared with: the same network without alignment, and bicubic interpolation."""

from __future__ import annotations

from torch import Tensor

from opticalzoom.models.base import ZoomModel, ZoomOutput
from opticalzoom.models.trunk import Trunk, bicubic_zoom
from opticalzoom.weights.contract import Contract, InputKind


class SRResNet(ZoomModel):
    """The :class:`Trunk` alone, for pairs that are aligned already (https://arxiv.org/abs/1609.04802, no BN).

    Shape:
        x (see :data:`InputKind`) to :class:`ZoomOutput` with the picture only.
    """

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk
        self.contract = trunk.contract.looking(trunk.reach)

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """Zoom x; a reference is checked and otherwise ignored, so that all models are called alike.

        Args:
            x: input as the contract says, float in [0, 1], any size; padded inside and cropped where needed.
            reference: Y', N×3×h×w, or None.

        Raises:
            ShapeError: a shape is not what the contract says, with expected and got.
        """
        self.contract.check(x, reference)
        return ZoomOutput(self.trunk.restore(self.trunk.extract(x), x))


class Bicubic(ZoomModel):
    """Bicubic enlargement without parameters: x itself for ``resized``, the developed mosaic's for ``raw``.

    Shape:
        x (see :data:`InputKind`) to :class:`ZoomOutput` with the picture only.
    """

    def __init__(self, scale: int, input: InputKind = "rgb") -> None:
        super().__init__()
        # Two pixels: an output pixel left of a pixel's centre has two of its four taps further to the left. A mosaic's
        # red and blue come from one more.
        self.contract = Contract(scale, input, receptive_field={"rgb": 2, "raw": 3, "resized": 0}[input])

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """Zoom x; a reference is checked and otherwise ignored, so that all models are called alike.

        Args:
            x: input as the contract says, float in [0, 1], any size.
            reference: Y', N×3×h×w, or None.

        Raises:
            ShapeError: a shape is not what the contract says, with expected and got.
        """
        self.contract.check(x, reference)
        return ZoomOutput(bicubic_zoom(x, self.contract))
