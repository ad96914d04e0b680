"""Contextual losses: they compare each feature with its best match, so the pair need not be registered exactly.

CX: Mechrez et al., "The Contextual Loss for Image Transformation with Non-Aligned Data",
https://arxiv.org/abs/1803.02077. CoBi: Zhang et al., "Zoom to Learn, Learn to Zoom", https://arxiv.org/abs/1905.05169.

With P = H·W features an image both need a P×P matrix of distances. It is computed ``chunk`` rows at a time, and again
in the backward pass instead of being kept: memory grows with chunk·P in both. Time grows with P²: both papers' authors
compare a random choice of at most 65² (CX) or 63² (CoBi) features of a layer, see :func:`draw_places`.

The authors' code, with which the defaults were compared: https://github.com/roimehrez/contextualLoss (``config.py``,
``CX/CSFlow.py``) and https://github.com/ceciliavision/zoom-learn-zoom (``loss.py``, ``CX/CSFlow.py``, ``train.py``).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from opticalzoom.errors import ConfigError, ShapeError
from opticalzoom.losses.checks import check_pair, check_positive

CHUNK = 1024
"""Rows of the distance matrix that are computed at a time: all at once need gigabytes."""

_EPS = 1e-5  # of CX's Eq. 2


def contextual_loss(
    result: Tensor, target: Tensor, bandwidth: float = 0.5, chunk: int = CHUNK, places: Tensor | None = None
) -> Tensor:
    """CX: −log of the mean over target features of their best contextual similarity (Eq. 1–5).

    With x and y the features of result and target, both minus the mean of y: d_ij = 1 − cos(x_i, y_j),
    w_ij = exp((1 − d_ij / (min_k d_ik + 1e-5)) / h), CX_ij = w_ij / Σ_k w_ik, loss = −log mean_j max_i CX_ij.
    Where a feature stands does not matter. Half precision is computed in float32.

    Args:
        result: features N×C×H×W, or patches of :func:`image_patches`.
        target: the same shape.
        bandwidth: h; the smaller, the more only the best match counts. 0.5 in the authors' code, which halves d.
        chunk: rows of the distance matrix at a time.
        places: indices into H·W of the features to compare, in both alike; all without it.

    Returns:
        A scalar, mean over the N images; 0, the minimum, for equal tensors of distinct features.

    Raises:
        ShapeError: for shapes that differ or are not N×C×H×W.
        ConfigError: for a bandwidth or chunk that is not positive.
    """
    check_pair(result, target)
    check_positive(bandwidth=bandwidth, chunk=chunk)
    x, y = _directions(result, target, places)
    best = y.new_zeros(y.shape[0], y.shape[2])
    for rows in x.split(chunk, dim=2):
        best = torch.maximum(best, _recomputed(_best_similarity, rows, y, bandwidth))
    return -best.mean(1).log().mean()


def contextual_bilateral_loss(
    result: Tensor,
    target: Tensor,
    spatial_weight: float = 0.1,
    chunk: int = CHUNK,
    places: Tensor | None = None,
) -> Tensor:
    """CoBi: mean_i min_j (d_ij + w_s·s_ij), the cost of the best match that is also near (Eq. 2; 1 without w_s).

    d_ij is the cosine distance of :func:`contextual_loss`, s_ij the distance between the two places. The paper gives
    neither w_s nor the unit of s: its authors' code takes each side of the image as 1, and so does this; w_s is 0.1 by
    default in their ``loss.py``, 0.5 in one of their training scripts. That code is not Eq. 2, though: it takes
    −log mean_j max_i ((1 − w_s)·CX_ij + w_s·CX'_ij), CX' being the similarity of places instead of features.
    Half precision is computed in float32.

    Args:
        result: features N×C×H×W, or patches of :func:`image_patches`.
        target: the same shape.
        spatial_weight: w_s, 0 or more.
        chunk: rows of the distance matrix at a time.
        places: indices into H·W of the features to compare, in both alike; all without it.

    Returns:
        A scalar, mean over the N images; 0, the minimum, for equal tensors.

    Raises:
        ShapeError: for shapes that differ or are not N×C×H×W.
        ConfigError: for a chunk that is not positive or a negative weight.
    """
    check_pair(result, target)
    check_positive(chunk=chunk)
    if not spatial_weight >= 0:
        raise ConfigError(f"spatial_weight is {spatial_weight}, expected 0 or more.")
    x, y = _directions(result, target, places)
    points = _points(target.shape[-2], target.shape[-1], like=y)
    points = points if places is None else points[places]
    costs = [
        _recomputed(_least_cost, rows, y, here, points, spatial_weight)
        for rows, here in zip(x.split(chunk, dim=2), points.split(chunk), strict=True)
    ]
    return torch.cat(costs, dim=1).mean()


def image_patches(image: Tensor, side: int = 10, stride: int = 1) -> Tensor:
    """Every side×side patch as one feature, to compare colours instead of a network's features (CoBi_RGB).

    Args:
        image: N×C×H×W, H and W at least ``side``.
        side: n in the paper: 10 for ×4, 15 for ×8.
        stride: pixels from one patch to the next; the cost of the losses falls with its fourth power.

    Returns:
        N×(C·side²)×h×w with h = ⌊(H − side)/stride⌋ + 1 and w likewise, of the image's dtype.

    Raises:
        ShapeError: for an image smaller than a patch.
        ConfigError: for a side or stride that is not positive.
    """
    check_positive(side=side, stride=stride)
    if image.ndim != 4 or min(image.shape[-2:]) < side:
        raise ShapeError(f"image has shape {tuple(image.shape)}, expected N×C×H×W with H and W at least {side}.")
    rows = (image.shape[-2] - side) // stride + 1
    return F.unfold(image, side, stride=stride).unflatten(2, (rows, -1))


def draw_places(features: Tensor, samples: int, generator: torch.Generator) -> Tensor | None:
    """Indices of ``samples`` different features out of H·W, to compare only these; None for all of them.

    Args:
        features: N×C×H×W.
        samples: how many.
        generator: on the CPU: the same seed gives the same places on every device.

    Raises:
        ConfigError: for a number of samples that is not positive.
    """
    check_positive(samples=samples)
    count = features.shape[-2] * features.shape[-1]
    if count <= samples:
        return None
    return torch.randperm(count, generator=generator)[:samples].to(features.device)


def _directions(result: Tensor, target: Tensor, places: Tensor | None) -> tuple[Tensor, Tensor]:
    """Unit vectors from the target's mean feature to each feature, N×C×P, float32 at least."""
    if result.dtype in {torch.float16, torch.bfloat16}:
        result, target = result.float(), target.float()
    x, y = result.flatten(2), target.flatten(2)
    if places is not None:
        x, y = x[..., places], y[..., places]
    mean = y.mean(2, keepdim=True)
    return F.normalize(x - mean, dim=1), F.normalize(y - mean, dim=1)


def _recomputed(function: Callable[..., Tensor], *arguments: Tensor | float) -> Tensor:
    """Call a function whose inner values are computed again in the backward pass."""
    return checkpoint(function, *arguments, use_reentrant=False, preserve_rng_state=False)


def _distances(rows: Tensor, y: Tensor) -> Tensor:
    """1 − cos, N×R×P; rounding could make it negative, which would flip the signs of CX's ratios."""
    with torch.autocast(rows.device.type, enabled=False):
        return (1 - rows.mT @ y).clamp(min=0)


def _best_similarity(rows: Tensor, y: Tensor, bandwidth: float) -> Tensor:
    """max_i CX_ij over these rows, N×P."""
    distances = _distances(rows, y)
    relative = distances / (distances.amin(2, keepdim=True) + _EPS)
    # The 1 in (1 − relative) / h is one factor for the whole row: it cancels in w_ij / Σ_k w_ik.
    return torch.softmax(-relative / bandwidth, dim=2).amax(1)


def _least_cost(rows: Tensor, y: Tensor, here: Tensor, points: Tensor, weight: float) -> Tensor:
    """min_j (d_ij + w_s·s_ij) of these rows, N×R."""
    # cdist's product form rounds: a place would be some distance away from itself.
    apart = torch.cdist(here, points, compute_mode="donot_use_mm_for_euclid_dist")
    return (_distances(rows, y) + weight * apart).amin(2)


def _points(height: int, width: int, like: Tensor) -> Tensor:
    """(row, column) of every feature, each over its side, P×2."""
    sides = (torch.arange(side, dtype=like.dtype, device=like.device) / side for side in (height, width))
    return torch.cartesian_prod(*sides)
