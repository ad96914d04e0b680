"""Self-ensemble: the mean of a model's results on the eight flips and quarter turns of the input."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from opticalzoom.models.base import ZoomModel, ZoomOutput


class SelfEnsemble(ZoomModel):
    """Zooms eight times, and so takes eight times as long (https://arxiv.org/abs/1707.02921, section 3.3, EDSR+).

    Args:
        model: in eval mode, for RGB or resized input.

    Shape:
        As the model's; of the outcome only the picture.

    Raises:
        ModelError: the model takes RAW input, whose colours change places when a mosaic is turned.
    """

    def __init__(self, model: ZoomModel) -> None:
        super().__init__()
        self.model, self.contract = model, model.contract
        self.contract.check_turnable()

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """The mean picture; without a reference also without alignment. Shapes as the model's."""

        def zoom(turned: Tensor, *reference: Tensor) -> Tensor:
            found = self.model(turned, *reference) if reference else self.model.forward_unaligned(turned)
            return found.image

        return ZoomOutput(mean_of_turns(zoom, x, *(() if reference is None else (reference,))))


def mean_of_turns(zoom: Callable[..., Tensor], *images: Tensor) -> Tensor:
    """The mean of what ``zoom`` gives for the eight flips and turns of the images, each turned back."""
    found = []
    for turns, flipped in product(range(4), (False, True)):
        zoomed = zoom(*(_turn(image, turns, flipped) for image in images))
        found.append(_turn_back(zoomed, turns, flipped))
    return torch.stack(found).mean(0)


def _turn(image: Tensor, turns: int, flipped: bool) -> Tensor:
    return torch.rot90(image.flip(-1) if flipped else image, turns, (-2, -1))


def _turn_back(image: Tensor, turns: int, flipped: bool) -> Tensor:
    image = torch.rot90(image, -turns, (-2, -1))
    return image.flip(-1) if flipped else image
