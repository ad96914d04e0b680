"""VGG (https://arxiv.org/abs/1409.1556), in the numbering of its blocks: ``conv3_2``, ``relu3_2``, ``pool3``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor, nn

from opticalzoom.models.backbones.backbone import Backbone, fill_backbone

VGG16_BLOCKS = (2, 2, 3, 3, 3)
VGG19_BLOCKS = (2, 2, 4, 4, 4)
"""Convolutions in each block; the blocks are 64, 128, 256, 512 and 512 wide."""

VGG19_LAYERS = ("relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_4")
"""The last ReLU of each block."""


def vgg19(state: Mapping[str, Tensor] | None = None, taps: Sequence[str] = VGG19_LAYERS) -> Backbone:
    """VGG19 up to its last ReLU.

    Args:
        state: torchvision's ``vgg19().state_dict()``; random weights without it.
        taps: names like ``conv3_2``, ``relu3_2`` (block 3, second convolution) or ``pool3``.

    Raises:
        CheckpointError: if ``state`` belongs to another network.
        ModelError: for an unknown tap.
    """
    return fill_backbone(Backbone(vgg_layers(VGG19_BLOCKS, _halved), taps, minimum=16), state)


def vgg_layers(blocks: Sequence[int], pooling: Callable[[int, int], dict[str, nn.Module]]) -> dict[str, nn.Module]:
    """Layers by name, in the order of computation.

    Args:
        blocks: convolutions in each block.
        pooling: layers between two blocks, from the number of the first one and its width.
    """
    layers: dict[str, nn.Module] = {}
    wide = 3
    for block, (depth, width) in enumerate(zip(blocks, (64, 128, 256, 512, 512), strict=True), start=1):
        for index in range(1, depth + 1):
            layers[f"conv{block}_{index}"] = nn.Conv2d(wide, width, 3, padding=1)
            layers[f"relu{block}_{index}"] = nn.ReLU()  # not in place: a convolution may be a tap
            wide = width
        if block < len(blocks):
            layers |= pooling(block, width)
    return layers


def _halved(block: int, _: int) -> dict[str, nn.Module]:
    return {f"pool{block}": nn.MaxPool2d(2, 2)}
