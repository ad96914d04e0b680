"""What SDAN is compared with: the same network without alignment, one linear filter, and bicubic interpolation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from opticalzoom.errors import ModelError
from opticalzoom.lenses.linear_filter import LinearFilter
from opticalzoom.models.base import ZoomModel, ZoomOutput
from opticalzoom.models.trunk import Trunk, bicubic_zoom, pad_to_grid
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


class Linear(ZoomModel):
    """Bicubic enlargement and one convolution, zero at first: all of a lens that is linear in display values.

    Shape:
        x (see :data:`InputKind`) to :class:`ZoomOutput` with the picture only.
    """

    def __init__(self, scale: int, input: InputKind = "rgb", radius: int = 5) -> None:
        super().__init__()
        if type(radius) is not int or radius < 1:
            raise ModelError(f"radius is {radius!r}, expected an integer of at least 1.")
        contract = Contract(scale, input, scale if input == "resized" else 1)
        bicubic = Bicubic(scale, input).contract.receptive_field
        self.contract = contract.looking(max(radius, bicubic))
        self.radius = radius
        places = 3 * contract.grid_factor**2
        self.filter = nn.Conv2d(contract.grid_channels, places, 2 * radius + 1, bias=False)
        nn.init.zeros_(self.filter.weight)

    @classmethod
    def of(cls, measured: LinearFilter) -> Linear:
        """The network that zooms as a filter of least squares does, for RGB input."""
        model = cls(measured.scale, "rgb", measured.radius)
        with torch.no_grad():
            weight = model.filter.weight.view(3, measured.scale**2, 3, *measured.kernels.shape[2:])
            for colour, kernels in enumerate(measured.kernels):
                weight[colour, :, colour] = torch.from_numpy(kernels)
        return model.eval()

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """Zoom x, see :meth:`ZoomModel.forward`; a reference is checked and otherwise ignored."""
        self.contract.check(x, reference)
        resized = self.contract.input == "resized"
        cells = F.pixel_unshuffle(pad_to_grid(x, self.contract), self.contract.scale) if resized else x
        padded = F.pad(cells, (self.radius,) * 4, mode="replicate")
        with torch.autocast(x.device.type, enabled=False):  # one layer of so many taps: in bfloat16 it would be coarse
            rest = F.pixel_shuffle(self.filter(padded), self.contract.grid_factor)
        zoomed = bicubic_zoom(x, self.contract)
        return ZoomOutput(zoomed + rest[..., : zoomed.shape[-2], : zoomed.shape[-1]])


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
