"""Smoothness of a field of displacements: its total variation."""

from __future__ import annotations

import torch
from torch import Tensor

from opticalzoom.errors import ModelError
from opticalzoom.losses.checks import check_positive


def offset_smoothness(offset: Tensor, eps: float = 1e-6) -> Tensor:
    """Mean over all neighbours, below and to the right, of √(difference² + eps): Charbonnier of first differences.

    It lets offsets jump where the depth does, unlike the square; below √eps pixels it is the square.

    Args:
        offset: (dy, dx) in pixels, N×2×H×W (any number of channels).
        eps: above zero, in square pixels.

    Returns:
        A scalar; √eps for a constant field, 0 for a single pixel, which has no neighbours.

    Raises:
        ModelError: for another number of dimensions.
        ConfigError: for an eps that is not positive.
    """
    check_positive(eps=eps)
    if offset.ndim != 4:
        raise ModelError(f"offset has shape {tuple(offset.shape)}, expected N×2×H×W.")
    steps = torch.cat([offset.diff(dim=2).flatten(), offset.diff(dim=3).flatten()])
    return (steps.square() + eps).sqrt().sum() / max(steps.numel(), 1)
