"""How much of the learned detail to believe: one number, by least squares on what was held out.

A network that saw few pairs adds detail with too much conviction. What it adds to the bicubic picture is therefore
multiplied by the number that leaves the least squared error on pairs that it never saw; as the last layer is linear,
this is a change of its weights and costs nothing when zooming.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from opticalzoom.models import build
from opticalzoom.models.base import ZoomModel
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.training.grow import last_convolution
from opticalzoom.training.learning.judging import judged_part
from opticalzoom.training.patches import to_tensor

_MOST = 1.2
"""Detail is never made much stronger than it was learned: noise would be."""


@dataclass(frozen=True)
class DetailSums:
    """Sums over trusted pixels: of added detail times detail that was missing, and of the square of what was added."""

    product: float = 0.0
    square: float = 0.0

    def __add__(self, other: DetailSums) -> DetailSums:
        return DetailSums(self.product + other.product, self.square + other.square)

    @property
    def strength(self) -> float:
        """The factor of least squared error, from 0 to 1.2; 1 where nothing was added."""
        return min(_MOST, max(0.0, self.product / self.square)) if self.square else 1.0


@torch.inference_mode()
def detail_sums(model: ZoomModel, pairs: Sequence[TrainingPair]) -> DetailSums:
    """The sums of a network over the middles of pairs that it never saw.

    Args:
        model: in eval mode, on the CPU.
        pairs: registered.
    """
    bicubic = build("bicubic", scale=model.contract.scale, input=model.contract.input)
    total = DetailSums()
    for pair in map(judged_part, pairs):
        x, y, mask = (to_tensor(part)[None] for part in (pair.x, pair.y, pair.mask[..., None]))
        enlarged = bicubic(x).image
        added, missing = model.forward_unaligned(x).image - enlarged, y - enlarged
        total += DetailSums(float((added * missing * mask).sum()), float((added.square() * mask).sum()))
    return total


@torch.no_grad()
def set_strength(model: ZoomModel, strength: float) -> ZoomModel:
    """The same network, changed: what it adds to the bicubic picture is multiplied by ``strength``."""
    last = last_convolution(model)
    last.weight.mul_(strength)
    if last.bias is not None:
        last.bias.mul_(strength)
    return model
