"""The networks of ST-LPIPS (https://arxiv.org/abs/2207.13686): subsampling is blurred, so small shifts change little.

The blurred pooling is that of https://arxiv.org/abs/1904.11486.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from opticalzoom.models.backbones.backbone import Backbone, fill_backbone
from opticalzoom.models.backbones.vgg import VGG16_BLOCKS, vgg_layers

VGG16_LPIPS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
ALEX_LPIPS = ("relu1", "relu2", "relu3", "relu4", "relu5")
"""Layers that LPIPS (https://arxiv.org/abs/1801.03924) compares, in the order of ``lin0`` … ``lin4``."""


class BlurPool(nn.Module):
    """Reflect by 2 pixels, then a 3×3 low-pass filter with stride 2: subsampling that small shifts hardly change.

    Shape:
        N×C×H×W to N×C×(⌊(H+1)/2⌋+1)×(⌊(W+1)/2⌋+1), H and W at least 3.
    """

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        row = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("filt", torch.outer(row, row).repeat(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Blur and subsample."""
        return F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), self.filt, stride=2, groups=x.shape[1])


def shift_tolerant_vgg16(state: Mapping[str, Tensor] | None = None, taps: Sequence[str] = VGG16_LPIPS) -> Backbone:
    """VGG16 in which every max-pooling has stride 1 and a :class:`BlurPool` behind it.

    Args:
        state: ``vgg_shift_tolerant.pth`` of ST-LPIPS; random weights without it.
        taps: names as for :func:`~opticalzoom.models.backbones.vgg.vgg19`, and ``blur1`` … ``blur4``.

    Raises:
        CheckpointError: if ``state`` belongs to another network.
        ModelError: for an unknown tap.
    """
    return fill_backbone(Backbone(vgg_layers(VGG16_BLOCKS, _blurred), taps, minimum=18), state)


def shift_tolerant_alex(state: Mapping[str, Tensor] | None = None, taps: Sequence[str] = ALEX_LPIPS) -> Backbone:
    """AlexNet whose first convolution and max-poolings have stride 1 and a :class:`BlurPool` behind them.

    The first convolution's stride of 4 becomes one blur by 2, so the features are twice as fine as AlexNet's.

    Args:
        state: ``alex_shift_tolerant.pth`` of ST-LPIPS; random weights without it.
        taps: ``conv1`` … ``conv5``, ``relu1`` … ``relu5``, ``pool1``, ``pool2``, ``blur0`` … ``blur2``.

    Raises:
        CheckpointError: if ``state`` belongs to another network.
        ModelError: for an unknown tap.
    """
    layers: dict[str, nn.Module] = {
        "conv1": nn.Conv2d(3, 64, 11, padding=2), "blur0": BlurPool(64), "relu1": nn.ReLU(),
        "pool1": nn.MaxPool2d(3, 1), "blur1": BlurPool(64), "conv2": nn.Conv2d(64, 192, 5, padding=2),
        "relu2": nn.ReLU(), "pool2": nn.MaxPool2d(3, 1), "blur2": BlurPool(192),
        "conv3": nn.Conv2d(192, 384, 3, padding=1), "relu3": nn.ReLU(),
        "conv4": nn.Conv2d(384, 256, 3, padding=1), "relu4": nn.ReLU(),
        "conv5": nn.Conv2d(256, 256, 3, padding=1), "relu5": nn.ReLU(),
    }  # fmt: skip
    return fill_backbone(Backbone(layers, taps, minimum=21), state)


def _blurred(block: int, width: int) -> dict[str, nn.Module]:
    return {f"pool{block}": nn.MaxPool2d(2, 1), f"blur{block}": BlurPool(width)}
