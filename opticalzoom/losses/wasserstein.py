"""Sliced Wasserstein distance between two sets of features (https://arxiv.org/abs/2006.07229)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from opticalzoom.losses.checks import check_pair, check_positive


def sliced_wasserstein(
    result: Tensor, target: Tensor, directions: int = 64, generator: torch.Generator | None = None
) -> Tensor:
    """Mean squared difference of the features' projections on random directions, each sorted.

    Two images come out equal when they hold the same features, wherever these stand.

    Args:
        result: features N×C×H×W.
        target: the same shape.
        directions: how many random unit vectors; the paper takes C.
        generator: on the CPU, for directions that can be repeated; torch's own without it.

    Returns:
        A scalar, not negative; 0 if one is a rearrangement of the other.

    Raises:
        ModelError: for shapes that differ or are not N×C×H×W.
        ConfigError: for a number of directions that is not positive.
    """
    check_pair(result, target)
    check_positive(directions=directions)
    # Drawn on the CPU: the same seed gives the same directions on every device.
    lines = F.normalize(torch.randn(directions, result.shape[1], generator=generator), dim=1).to(result)
    ours, theirs = ((lines @ part.flatten(2)).sort(dim=2).values for part in (result, target))
    return (ours - theirs).square().mean()
