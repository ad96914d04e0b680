"""Perceptual loss: distances between features instead of pixels (https://arxiv.org/abs/1603.08155)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from opticalzoom.errors import ConfigError
from opticalzoom.losses.checks import check_pair

FeatureDistance = Callable[[Tensor, Tensor], Tensor]
"""A distance of two tensors N×C×H×W: a scalar."""


def feature_l1(result: Tensor, target: Tensor) -> Tensor:
    """mean|result − target|.

    Args:
        result: N×C×H×W.
        target: the same shape.

    Returns:
        A scalar, not negative.

    Raises:
        ShapeError: for shapes that differ.
    """
    check_pair(result, target)
    return (result - target).abs().mean()


def feature_l2(result: Tensor, target: Tensor) -> Tensor:
    """mean (result − target)², as in SRGAN and in the paper at the top.

    Args:
        result: N×C×H×W.
        target: the same shape.

    Returns:
        A scalar, not negative.

    Raises:
        ShapeError: for shapes that differ.
    """
    check_pair(result, target)
    return (result - target).square().mean()


FEATURE_DISTANCES: dict[str, FeatureDistance] = {"l1": feature_l1, "l2": feature_l2}


def perceptual_loss(
    network: Callable[[Tensor], Sequence[Tensor]],
    result: Tensor,
    target: Tensor,
    weights: Sequence[float] | None = None,
    distance: FeatureDistance = feature_l1,
) -> Tensor:
    """Σ_l w_l · distance(features_l(result), features_l(target)) over the network's layers.

    Args:
        network: of :func:`~opticalzoom.models.backbones.feature_networks.feature_network`.
        result: N×3×H×W in [0, 1].
        target: the same shape; it gets no gradient.
        weights: one a layer; all 1 without it.
        distance: L1, or such as ``contextual_loss`` and ``contextual_bilateral_loss``.

    Returns:
        A scalar, not negative.

    Raises:
        ShapeError: for images of different shapes, or that the network does not take.
        ConfigError: unless there are as many weights as layers.
    """
    check_pair(result, target)
    ours = network(result)
    with torch.no_grad():
        theirs = network(target)
    weights = [1.0] * len(ours) if weights is None else weights
    if len(weights) != len(ours):
        raise ConfigError(f"there are {len(weights)} weights for {len(ours)} layers, expected one each.")
    return torch.stack([w * distance(a, b) for w, a, b in zip(weights, ours, theirs, strict=True)]).sum()
