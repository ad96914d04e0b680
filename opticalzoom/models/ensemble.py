"""Self-ensemble: the mean of a model's results on the eight flips and quarter turns of the input."""

from __future__ import annotations

from itertools import product
from typing import cast

import torch
from torch import Tensor, nn

from opticalzoom.errors import ModelError
from opticalzoom.models.contract import Contract, ZoomOutput


class SelfEnsemble(nn.Module):
    """Zooms eight times, and so takes eight times as long (https://arxiv.org/abs/1707.02921, section 3.3, EDSR+).

    Args:
        model: in eval mode, for RGB or resized input.

    Shape:
        As the model's; of the outcome only the picture.

    Raises:
        ModelError: the model takes RAW input, whose colours change places when a mosaic is turned.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.contract = model, cast(Contract, model.contract)
        if self.contract.input == "raw":
            raise ModelError("a mosaic cannot be turned, so there is no self-ensemble for RAW weights.")

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """The mean picture; without a reference also without alignment. Shapes as the model's."""
        images = []
        for turns, flipped in product(range(4), (False, True)):
            turned = _turn(x, turns, flipped)
            if reference is None:
                output = self.model.forward_unaligned(turned)  # type: ignore[operator]
            else:
                output = self.model(turned, _turn(reference, turns, flipped))
            images.append(_turn_back(output.image, turns, flipped))
        return ZoomOutput(torch.stack(images).mean(0))

    def forward_unaligned(self, x: Tensor) -> ZoomOutput:
        """The mean picture without alignment."""
        return self(x)


def _turn(image: Tensor, turns: int, flipped: bool) -> Tensor:
    return torch.rot90(image.flip(-1) if flipped else image, turns, (-2, -1))


def _turn_back(image: Tensor, turns: int, flipped: bool) -> Tensor:
    image = torch.rot90(image, -turns, (-2, -1))
    return image.flip(-1) if flipped else image
