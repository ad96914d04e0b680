"""How far offsets are from the truth."""

from __future__ import annotations

import torch
from torch import Tensor

from opticalzoom.errors import PairError


def end_point_error(offset: Tensor, truth: Tensor, mask: Tensor | None = None) -> Tensor:
    """Median length of offset − truth, in the unit of both.

    Args:
        offset: N×2×H×W, (dy, dx).
        truth: the same.
        mask: N×1×H×W bool, True where the truth is known; None for everywhere.

    Returns:
        N values; NaN where the mask holds no pixel.

    Raises:
        PairError: the fields differ in shape.
    """
    if offset.shape != truth.shape or offset.shape[1] != 2:
        raise PairError(f"offsets have shapes {tuple(offset.shape)} and {tuple(truth.shape)}, expected N×2×H×W both.")
    length = torch.linalg.vector_norm(offset - truth, dim=1).flatten(1)
    if mask is not None:
        length = length.masked_fill(~mask.flatten(1), torch.nan)
    return length.nanquantile(0.5, dim=1)
