"""SRGAN's discriminator (https://arxiv.org/abs/1609.04802, Fig. 4), for patches of any size."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from opticalzoom.errors import ModelError, ShapeError

NormKind = Literal["spectral", "batch", "none"]
"""``batch``: SRGAN's batch normalisation. In training every logit then depends on the whole batch: with few or small
patches the statistics are noise, with targets and results in two passes they differ and give the two away, and in
``eval`` mode the running ones are a mixture of both. Give it batches of 16 or more, or put targets and results through
in one pass. ``spectral``: spectral normalisation (https://arxiv.org/abs/1802.05957), which looks at the weights only:
a patch gets the same logit in any batch. ``none``: neither."""

MINIMUM = 32
"""Smallest side of a patch: 2 pixels are left after four halvings."""

GRID = 6
"""Side of what the dense layers see: SRGAN's own at its patches of 96 pixels; others are averaged or repeated to it."""


class Discriminator(nn.Module):
    """Eight convolutions with leaky ReLU, every second one halving the size, and two dense layers.

    Args:
        norm: of :data:`NormKind`.
        features: channels of the first convolution, doubled three times; 64 in the paper.
        dense: width of the first dense layer; 1024 in the paper.

    Shape:
        N×3×H×W in [0, 1], H and W at least 32, to N×1 logits: above zero for "a real photograph" (no sigmoid).

    Raises:
        ModelError: for an unknown norm.
        ShapeError: for patches of another shape or smaller.
    """

    def __init__(self, norm: NormKind = "spectral", features: int = 64, dense: int = 1024) -> None:
        super().__init__()
        if norm not in get_args(NormKind):
            raise ModelError(f"norm is {norm!r}, expected one of {get_args(NormKind)}.")
        widths = [features * 2**i for i in range(4)]
        layers: list[nn.Module] = []
        before = 3
        for width in widths:
            for stride in (1, 2):
                layers += _block(before, width, stride, norm if layers else "none")  # the first one has no norm
                before = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(GRID),
            nn.Flatten(),
            _normed(nn.Linear(before * GRID**2, dense), norm),
            nn.LeakyReLU(0.2),
            _normed(nn.Linear(dense, 1), norm),
        )

    @staticmethod
    def check(image: Tensor) -> None:
        """Raise ShapeError for another shape than N×3×H×W or too small a patch."""
        if image.ndim != 4 or image.shape[1] != 3 or min(image.shape[-2:]) < MINIMUM:
            raise ShapeError(
                f"patches have shape {tuple(image.shape)}, expected N×3×H×W with H and W at least {MINIMUM}."
            )

    def forward(self, image: Tensor) -> Tensor:
        """Return the logits."""
        self.check(image)
        logits: Tensor = self.head(self.body(2 * image - 1))
        return logits


def _block(channels: int, features: int, stride: int, norm: NormKind) -> list[nn.Module]:
    # A bias before batch normalisation would be subtracted again.
    convolution = nn.Conv2d(channels, features, 3, stride, padding=1, bias=norm != "batch")
    middle = [nn.BatchNorm2d(features)] if norm == "batch" else []
    return [_normed(convolution, norm), *middle, nn.LeakyReLU(0.2)]


def _normed(layer: nn.Module, norm: NormKind) -> nn.Module:
    return spectral_norm(layer) if norm == "spectral" else layer
