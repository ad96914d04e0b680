"""Distances of pictures in the features of a pretrained network: 0 for equal ones, lower is better.

Tensors are N×3×H×W in [0, 1]. Each function makes a metric once, which may load or download weights; the metric
gives one value per image. Pixels outside of a mask are taken from the target, so that they count as equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal
from urllib.error import URLError

import torch
import torch.nn.functional as F
import torchmetrics.functional.image.dists
import torchmetrics.image
from torch import Tensor, nn

from opticalzoom.errors import DependencyError, ShapeError
from opticalzoom.metrics.scoring import Metric
from opticalzoom.models.backbones.backbone import Backbone
from opticalzoom.models.backbones.shift_tolerant import shift_tolerant_alex, shift_tolerant_vgg16
from opticalzoom.models.backbones.weight_files import lpips_weights, read_state, stlpips_file


def feature_distance(output: Tensor, target: Tensor, backbone: Backbone, weights: Sequence[Tensor]) -> Tensor:
    """LPIPS, https://arxiv.org/abs/1801.03924, equation 1: squared differences of unit-length features, weighted.

    Args:
        output: N×3×H×W in [0, 1].
        target: the same.
        backbone: whose taps are compared.
        weights: 1×C×1×1 for each tap.

    Returns:
        N values: the sum over the taps of the mean over their pixels.
    """
    total = output.new_zeros(len(output))
    for one, other, weight in zip(backbone(output), backbone(target), weights, strict=True):
        difference = F.normalize(one, eps=1e-10) - F.normalize(other, eps=1e-10)
        total = total + F.conv2d(difference**2, weight).mean(dim=(1, 2, 3))
    return total


def shift_tolerant_lpips(network: Literal["vgg", "alex"] = "alex") -> Metric:
    """ST-LPIPS, https://arxiv.org/abs/2207.13686: made for pictures that may be misaligned by a pixel or two.

    Raises:
        DependencyError: the extra ``perceptual`` is not installed.
    """
    state = read_state(stlpips_file(network))
    backbone = (shift_tolerant_alex if network == "alex" else shift_tolerant_vgg16)(state)
    return _masked(partial(feature_distance, backbone=backbone, weights=list(lpips_weights(state).values())))


def lpips(network: Literal["vgg", "alex", "squeeze"] = "alex") -> Metric:
    """LPIPS, https://arxiv.org/abs/1801.03924, of torchmetrics; torchvision downloads the network once.

    Raises:
        DependencyError: torchvision is missing, or the download failed.
    """
    metric = _fetched(
        lambda: torchmetrics.image.LearnedPerceptualImagePatchSimilarity(network, reduction="none", normalize=True)
    )
    return _masked(lambda output, target: metric(output, target).reshape(len(output)))


def dists() -> Metric:
    """DISTS, https://arxiv.org/abs/2004.07728, of torchmetrics; torchvision downloads VGG16 once.

    Raises:
        DependencyError: torchvision is missing, or the download failed.
    """
    network = _fetched(torchmetrics.functional.image.dists.DISTSNetwork)
    return _masked(lambda output, target: network(output, target).reshape(len(output)))


PERCEPTUAL: dict[str, Callable[[], Metric]] = {"st_lpips": shift_tolerant_lpips, "lpips": lpips, "dists": dists}
"""What makes each perceptual metric, by the name that ``evaluate`` knows it under."""


def _masked(distance: Callable[[Tensor, Tensor], Tensor]) -> Metric:
    @torch.no_grad()
    def metric(output: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        if output.shape != target.shape:
            raise ShapeError(f"pictures of {tuple(output.shape)} and {tuple(target.shape)} cannot be compared.")
        compared = output if mask is None else torch.where(mask, output, target)
        return distance(compared, target)

    return metric


def _fetched(make: Callable[[], nn.Module]) -> nn.Module:
    try:
        return make()
    except (ImportError, AttributeError, URLError, OSError) as error:
        raise DependencyError(
            f"the network of this metric is not there ({error}).",
            remedy="Install torchvision and go online once, or use st_lpips, whose weights come with the extra "
            "opticalzoom[perceptual].",
        ) from error
