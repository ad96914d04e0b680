"""Pixel losses under a mask (SDAN paper, Eq. 6)."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from opticalzoom.models.align import enlarge_mask
from opticalzoom.models.base import ZoomOutput

CHARBONNIER_EPS = 1e-12
"""Below the square of the smallest difference between 16-bit values: the root is smooth, and still L1."""


def masked_l1(result: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """mean(|result − target| · mask), over all pixels as in the paper, also the masked ones.

    Args:
        result: N×C×H×W.
        target: N×C×H×W.
        mask: N×1×H×W, 1 where the pixel counts.

    Returns:
        A scalar, not negative.
    """
    return ((result - target).abs() * mask).mean()


def masked_l2(result: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """mean((result − target)² · mask): what PSNR measures.

    Args:
        result: N×C×H×W.
        target: N×C×H×W.
        mask: N×1×H×W, 1 where the pixel counts.

    Returns:
        A scalar, not negative.
    """
    return ((result - target).square() * mask).mean()


def masked_charbonnier(result: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """mean(√((result − target)² + 1e-12) · mask): L1 that is smooth at zero, as in SDAN's released code.

    Args:
        result: N×C×H×W.
        target: N×C×H×W.
        mask: N×1×H×W, 1 where the pixel counts.

    Returns:
        A scalar, not negative; 1e-6 of the mask's mean for equal images.
    """
    return (((result - target).square() + CHARBONNIER_EPS).sqrt() * mask).mean()


Distance = Callable[[Tensor, Tensor, Tensor], Tensor]

DISTANCES: dict[str, Distance] = {"l1": masked_l1, "l2": masked_l2, "charbonnier": masked_charbonnier}


def alignment_loss(
    output: ZoomOutput, target: Tensor, trusted: Tensor, distance: Distance = masked_l1
) -> tuple[Tensor, Tensor]:
    """The two terms of Eq. 6: mean(|X̃ − Y|·M) and mean(|X' − Y'|·M').

    Args:
        output: of the model; without alignment all pixels are inside and the second term is 0.
        target: Y, N×3×H×W.
        trusted: N×1×H×W, 1 where Y is registered: pixels elsewhere do not count in either term.
        distance: of :data:`DISTANCES`; L1 in the paper.

    Returns:
        Two scalars: of the zoomed picture and of the auxiliary result.
    """
    if output.aligned is None or output.mask is None:
        return distance(output.image, target, trusted), target.new_zeros(())
    size = (target.shape[-2], target.shape[-1])
    image = distance(output.image, target, enlarge_mask(output.mask, size) * trusted)
    grid = (output.aligned.shape[-2], output.aligned.shape[-1])
    small_target, small_trusted = (F.adaptive_avg_pool2d(part, grid) for part in (target, trusted))
    return image, distance(output.aligned, small_target, output.mask * small_trusted)
