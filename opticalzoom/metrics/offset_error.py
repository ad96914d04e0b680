"""How far offsets are from the truth."""

from __future__ import annotations

import torch
from torch import Tensor

from opticalzoom.errors import ShapeError


def end_point_error(offset: Tensor, truth: Tensor, mask: Tensor | None = None) -> Tensor:
    """Length of offset − truth at every pixel that counts, in the unit of both.

    >>> end_point_error(torch.tensor([3.0, -4.0]).view(1, 2, 1, 1), torch.zeros(1, 2, 1, 1))
    tensor([5.])

    Args:
        offset: N×2×H×W, (dy, dx).
        truth: the same.
        mask: N×1×H×W bool, True where a pixel counts; None for everywhere.

    Returns:
        One value for each pixel that counts, image by image and row by row, so that several pictures can be joined
        before a median is taken.

    Raises:
        ShapeError: the fields differ in shape, or have other than two channels.
    """
    if offset.shape != truth.shape or offset.shape[1] != 2:
        raise ShapeError(f"offsets have shapes {tuple(offset.shape)} and {tuple(truth.shape)}, expected N×2×H×W both.")
    length = torch.linalg.vector_norm(offset - truth, dim=1, keepdim=True)
    return length.flatten() if mask is None else length[mask]
