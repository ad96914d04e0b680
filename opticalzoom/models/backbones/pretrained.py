"""Pretrained convolutional networks as feature extractors: VGG19, and the shift-tolerant VGG16 and AlexNet of ST-LPIPS.

Torch only: the layers are built here and filled from a state dict, so neither torchvision nor the packages that ship
the weights are imported. Losses and metrics share these networks.

Sources: VGG https://arxiv.org/abs/1409.1556; LPIPS https://arxiv.org/abs/1801.03924; ST-LPIPS
https://arxiv.org/abs/2207.13686; the blurred pooling in it https://arxiv.org/abs/1904.11486.
"""

from __future__ import annotations

import importlib.metadata
import pickle
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from opticalzoom.errors import CheckpointError, DependencyError, ModelError, ShapeError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

VGG16_BLOCKS = (2, 2, 3, 3, 3)
VGG19_BLOCKS = (2, 2, 4, 4, 4)
"""Convolutions in each block; the blocks are 64, 128, 256, 512 and 512 wide."""

VGG16_LPIPS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")
ALEX_LPIPS = ("relu1", "relu2", "relu3", "relu4", "relu5")
"""Layers that LPIPS compares, in the order of ``lin0`` … ``lin4``."""

VGG19_LAYERS = ("relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_4")


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


class Backbone(nn.Module):
    """A chain of named layers that returns the activations of some of them. Frozen, in evaluation mode.

    Args:
        layers: name to layer, in the order of computation.
        taps: names of the layers to return.
        minimum: smallest height and width of an image.

    Shape:
        N×3×H×W in [0, 1] (of the weights' dtype, not clamped) to a list of N×C×h×w, one per tap, in the order of
        ``taps``. Nothing is computed beyond the last tap.

    Raises:
        ModelError: for a tap that is no layer.
        ShapeError: for an image of another shape or smaller than ``minimum``.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, layers: Mapping[str, nn.Module], taps: Sequence[str], minimum: int) -> None:
        super().__init__()
        unknown = [tap for tap in taps if tap not in layers]
        if unknown or not taps:
            raise ModelError(f"layers to compare are {list(taps)}, expected some of {', '.join(layers)}.")
        self.names, self.taps, self.minimum = tuple(layers), tuple(taps), minimum
        self.depth = 1 + max(self.names.index(tap) for tap in taps)
        self.layers = nn.Sequential(*layers.values())
        # LPIPS's scaling layer, (2x − 1 − shift) / scale, is the same: shift = 2·mean − 1, scale = 2·std.
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False).eval()

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the activations at the taps."""
        if image.ndim != 4 or image.shape[1] != 3 or min(image.shape[-2:]) < self.minimum:
            side = self.minimum
            raise ShapeError(f"image has shape {tuple(image.shape)}, expected N×3×H×W with H and W at least {side}.")
        x, kept = (image - self.mean) / self.std, {}
        for name, layer in zip(self.names[: self.depth], self.layers, strict=False):
            x = layer(x)
            kept[name] = x
        return [kept[tap] for tap in self.taps]


def vgg19(state: Mapping[str, Tensor] | None = None, taps: Sequence[str] = VGG19_LAYERS) -> Backbone:
    """VGG19 up to its last ReLU.

    Args:
        state: torchvision's ``vgg19().state_dict()``; random weights without it.
        taps: names like ``conv3_2``, ``relu3_2`` (block 3, second convolution) or ``pool3``.

    Raises:
        CheckpointError: if ``state`` belongs to another network.
        ModelError: for an unknown tap.
    """
    return _filled(Backbone(_vgg_layers(VGG19_BLOCKS, blurred=False), taps, minimum=16), state)


def shift_tolerant_vgg16(state: Mapping[str, Tensor] | None = None, taps: Sequence[str] = VGG16_LPIPS) -> Backbone:
    """VGG16 in which every max-pooling has stride 1 and a :class:`BlurPool` behind it.

    Args:
        state: ``vgg_shift_tolerant.pth`` of ST-LPIPS; random weights without it.
        taps: names as for :func:`vgg19`, and ``blur1`` … ``blur4``.

    Raises:
        CheckpointError: if ``state`` belongs to another network.
        ModelError: for an unknown tap.
    """
    return _filled(Backbone(_vgg_layers(VGG16_BLOCKS, blurred=True), taps, minimum=18), state)


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
    return _filled(Backbone(layers, taps, minimum=21), state)


def lpips_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The learned weights of LPIPS's layers out of an (ST-)LPIPS checkpoint: ``lin0`` … ``lin4``, 1×C×1×1 each.

    Raises:
        CheckpointError: if there are none.
    """
    found = {key.split(".")[0]: state[key] for key in sorted(state) if re.fullmatch(r"lin\d\..*weight", key)}
    if not found:
        raise CheckpointError("this checkpoint holds no LPIPS weights (lin0 …).", remedy="Give the one of ST-LPIPS.")
    return found


def stlpips_file(network: Literal["vgg", "alex"]) -> Path:
    """The weights of ST-LPIPS in the installed wheel of ``stlpips-pytorch``, which is located and never imported.

    Importing it fails: it needs packages that it does not declare.

    Raises:
        DependencyError: if it is not installed.
    """
    name = f"stlpips_pytorch/weights/vST0.0/{network}_shift_tolerant.pth"
    try:
        path = Path(str(importlib.metadata.distribution("stlpips-pytorch").locate_file(name)))
    except importlib.metadata.PackageNotFoundError as error:
        raise DependencyError(
            "the weights of ST-LPIPS are not installed.", remedy="Run: pip install stlpips-pytorch==0.0.2"
        ) from error
    if not path.is_file():
        raise DependencyError(
            "this version of stlpips-pytorch lacks it.", path=path, remedy="Run: pip install stlpips-pytorch==0.0.2"
        )
    return path


def read_state(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a PyTorch weights file, on the CPU; nothing but tensors is unpickled.

    Raises:
        CheckpointError: if it is missing, damaged or holds anything else.
    """
    state = read_tensors(path)
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise CheckpointError("holds something else than a state dict.", path=path)
    return dict(state)


def read_tensors(path: str | Path) -> object:
    """What a PyTorch file holds: tensors, numbers and text in lists and mappings, on the CPU; no other object.

    Raises:
        CheckpointError: if it is missing, damaged or holds anything else.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"cannot be read as PyTorch weights ({error}).", path=path) from error


def _vgg_layers(blocks: Sequence[int], *, blurred: bool) -> dict[str, nn.Module]:
    layers: dict[str, nn.Module] = {}
    wide = 3
    for block, (depth, width) in enumerate(zip(blocks, (64, 128, 256, 512, 512), strict=True), start=1):
        for index in range(1, depth + 1):
            layers[f"conv{block}_{index}"] = nn.Conv2d(wide, width, 3, padding=1)
            layers[f"relu{block}_{index}"] = nn.ReLU()  # not in place: a convolution may be a tap
            wide = width
        if block < len(blocks):
            layers[f"pool{block}"] = nn.MaxPool2d(2, 1 if blurred else 2)
            if blurred:
                layers[f"blur{block}"] = BlurPool(width)
    return layers


def _filled(backbone: Backbone, state: Mapping[str, Tensor] | None) -> Backbone:
    """Load weights; both torchvision and ST-LPIPS number the layers from 0, whatever stands before the number."""
    if state is None:
        return backbone
    matches = ((re.fullmatch(r"(?:features|net\.slice\d)\.(\d+)\.(\w+)", key), key) for key in state)
    renamed = {f"layers.{match[1]}.{match[2]}": state[key] for match, key in matches if match}
    try:
        backbone.load_state_dict(renamed)
    except RuntimeError as error:
        raise CheckpointError(
            f"these weights do not fit the network: {error}", remedy="Give the weights of that network."
        ) from error
    return backbone
