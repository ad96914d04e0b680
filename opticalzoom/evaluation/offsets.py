"""Offsets of models against the truth, on pairs whose displacement was injected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from opticalzoom.errors import ModelError, PairError
from opticalzoom.models.align import inside_mask
from opticalzoom.models.base import ZoomModel
from opticalzoom.pairs.pair import Source
from opticalzoom.pairs.registered import Preparation, training_pair
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.training.patches import to_tensor
from opticalzoom.weights.contract import Contract


@dataclass(frozen=True, eq=False)
class KnownOffsets:
    """A pair {X, Y'} whose true offsets are known: X(p + truth(p)) shows what Y'(p) does.

    Attributes:
        x: 1×C×H×W, as the model takes it.
        reference: Y', 1×3×h×w on the network's grid.
        truth: 1×2×h×w, (dy, dx) in pixels of the grid.
        known: 1×1×h×w bool; False where X does not show what Y' does, or where a pixel of the grid shows two layers.
    """

    x: Tensor
    reference: Tensor
    truth: Tensor
    known: Tensor

    @property
    def findable(self) -> Tensor:
        """1×1×h×w bool: pixels whose truth is known and lies in X, where offsets can be compared with it."""
        return self.known & inside_mask(self.truth).bool()

    def patches(self, size: int) -> Iterator[KnownOffsets]:
        """Whole patches of ``size``×``size`` pixels of the grid, as training sees them."""
        height, width = self.truth.shape[-2:]
        cell = self.x.shape[-2] // height
        for row, column in product(range(0, height - size + 1, size), range(0, width - size + 1, size)):
            x = self.x[..., row * cell : (row + size) * cell, column * cell : (column + size) * cell]
            parts = (p[..., row : row + size, column : column + size] for p in (self.reference, self.truth, self.known))
            yield KnownOffsets(x, *parts)


def known_offsets(source: Source, name: str, contract: Contract, misalignment: Misalignment) -> KnownOffsets:
    """A pair of an aligned source, its Y misaligned and averaged down to the network's grid.

    Args:
        source: of aligned pairs.
        name: of the pair.
        contract: of the model.
        misalignment: in pixels of Y.

    Raises:
        PairError: the pair cannot be used, or its source is not known to be aligned.
    """
    if not source.registered:
        raise PairError(f"{name}: the true displacement is only known where pairs are aligned to begin with.")
    pair = source.load(name)
    preparation = Preparation(contract.input, misalignment, method="none")
    prepared = training_pair(pair, contract.scale, preparation)
    if prepared.reason:
        raise PairError(f"{name}: {prepared.reason}.")
    factor, (height, width) = contract.grid_factor, prepared.y.shape[:2]
    motion = misalignment.motion(name, *pair.y.shape[:2])
    field, known, front = (
        F.avg_pool2d(to_tensor(values[:height, :width])[None], factor)
        for values in (motion.field, motion.known[..., None], motion.cover[..., None] > 0.5)
    )
    reference = F.avg_pool2d(to_tensor(prepared.y)[None], factor)
    one_layer = (front == 0) | (front == 1)
    return KnownOffsets(to_tensor(prepared.x)[None], reference, field / factor, (known == 1) & one_layer)


@torch.no_grad()
def estimate(model: ZoomModel, pair: KnownOffsets) -> Tensor:
    """The offsets of a model that is given {X, Y'}, as in training: 1×2×h×w in pixels of the grid.

    Raises:
        ModelError: it has none.
    """
    offset = model(pair.x, pair.reference).offset
    if offset is None:
        raise ModelError("the model has no offsets.")
    return offset
