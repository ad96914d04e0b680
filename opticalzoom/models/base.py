"""The abstract model that every network is, so that all are called alike, and the result that they return."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor, nn

from opticalzoom.weights.contract import Contract


class ZoomOutput(NamedTuple):
    """What every model returns. h×w is the network's grid, H×W the output: output_factor times the input.

    Attributes:
        image: the zoomed picture, N×3×H×W, of the input's dtype, nominally in [0, 1] (not clamped).
        aligned: the auxiliary result X', N×3×h×w, or None for models without alignment.
        offset: (dy, dx) in grid pixels, N×2×h×w, or None.
        mask: 1 where p + offset(p) falls inside the image, N×1×h×w, no gradient, or None.
    """

    image: Tensor
    aligned: Tensor | None = None
    offset: Tensor | None = None
    mask: Tensor | None = None


class ZoomModel(nn.Module, ABC):
    """A network that zooms, whatever its architecture: callers ask its contract and call it.

    Attributes:
        contract: scale, kind of input, sizes and receptive field.

    Shape:
        x (see :data:`~opticalzoom.weights.contract.InputKind`) and reference N×3×h×w to :class:`ZoomOutput`.
    """

    contract: Contract

    if TYPE_CHECKING:

        def __call__(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
            """Call :meth:`forward`. Declared here because PyTorch declares calls without types."""

    @abstractmethod
    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """Zoom x and, if the network aligns, move the result to where the reference shows it.

        Args:
            x: input as the contract says, float in [0, 1], any size; padded inside and cropped where needed.
            reference: Y', N×3×h×w with h×w = ``contract.grid_size(H, W)``; None for {X, X}, X as its own reference.
                Models without alignment check it and ignore it otherwise.

        Raises:
            ShapeError: a shape is not what the contract says, with expected and got.
        """

    def forward_unaligned(self, x: Tensor) -> ZoomOutput:
        """Zoom x without alignment, as all zooming does: an output pixel looks ``contract.receptive_field`` pixels far.

        Models that align override it; for all others it is :meth:`forward`.

        Args:
            x: as for :meth:`forward`.

        Returns:
            The picture; the other fields are None.

        Raises:
            ShapeError: as for :meth:`forward`.
        """
        return self.forward(x)
