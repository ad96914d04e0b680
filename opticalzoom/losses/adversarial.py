"""Adversarial losses on a discriminator's logits: plain (SRGAN) and relativistic average (ESRGAN).

SRGAN: https://arxiv.org/abs/1609.04802 (Eq. 2 and 6). ESRGAN: https://arxiv.org/abs/1809.00219 (Eq. 1 and 2).
All work on logits C(x) with D(x) = σ(C(x)), so that no logarithm meets a zero: −log σ(c) = softplus(−c).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from opticalzoom.errors import ShapeError


def plain_generator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """−E[log D(fake)], which has a gradient also where the discriminator is sure.

    Args:
        real: logits of targets, of ``fake``'s shape; not used.
        fake: logits of results, any shape.

    Returns:
        A scalar, not negative.

    Raises:
        ShapeError: for shapes that differ.
    """
    _check(real, fake)
    return F.softplus(-fake).mean()


def plain_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """−E[log D(real)] − E[log(1 − D(fake))]; 2·log 2 where it knows nothing.

    Args:
        real: logits of targets, any shape.
        fake: logits of *detached* results, the same shape.

    Returns:
        A scalar, not negative.

    Raises:
        ShapeError: for shapes that differ.
    """
    _check(real, fake)
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def relativistic_generator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """−E[log(1 − D(real, fake))] − E[log D(fake, real)] with D(a, b) = σ(C(a) − E[C(b)]).

    E is the mean over the batch: a batch of one compares one target with one result.

    Args:
        real: logits of targets, any shape; the result learns from them too, so they may not be left out.
        fake: logits of results, the same shape.

    Returns:
        A scalar, not negative; 2·log 2 where both look alike.

    Raises:
        ShapeError: for shapes that differ.
    """
    return relativistic_discriminator_loss(fake, real)


def relativistic_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """−E[log D(real, fake)] − E[log(1 − D(fake, real))] with D(a, b) = σ(C(a) − E[C(b)]).

    Args:
        real: logits of targets, any shape.
        fake: logits of *detached* results, the same shape.

    Returns:
        A scalar, not negative; 2·log 2 where both look alike.

    Raises:
        ShapeError: for shapes that differ.
    """
    _check(real, fake)
    return F.softplus(fake.mean() - real).mean() + F.softplus(fake - real.mean()).mean()


class AdversarialLoss(NamedTuple):
    """The two losses of a game; both take the logits of targets and of results."""

    generator: Callable[[Tensor, Tensor], Tensor]
    discriminator: Callable[[Tensor, Tensor], Tensor]


ADVERSARIAL: dict[str, AdversarialLoss] = {
    "plain": AdversarialLoss(plain_generator_loss, plain_discriminator_loss),
    "relativistic": AdversarialLoss(relativistic_generator_loss, relativistic_discriminator_loss),
}


def _check(real: Tensor, fake: Tensor) -> None:
    if real.shape != fake.shape or real.numel() == 0:
        raise ShapeError(f"logits have shapes {tuple(real.shape)} and {tuple(fake.shape)}, expected one shape.")
