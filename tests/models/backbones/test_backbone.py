"""Chains of layers: what they return, and what they refuse."""

from __future__ import annotations

import pytest
import torch
import torchvision

from opticalzoom.errors import CheckpointError, ModelError, ShapeError
from opticalzoom.models.backbones.shift_tolerant import shift_tolerant_alex, shift_tolerant_vgg16
from opticalzoom.models.backbones.vgg import vgg19

NETWORKS = {"vgg19": (vgg19, 16), "vgg": (shift_tolerant_vgg16, 18), "alex": (shift_tolerant_alex, 21)}


@pytest.mark.parametrize("name", NETWORKS)
def test_smallest_image_and_no_smaller(name):
    build, side = NETWORKS[name]
    network = build()
    features = network(torch.rand(2, 3, side, side + 1))
    assert len(features) == 5
    assert all(part.shape[0] == 2 and part.isfinite().all() for part in features)
    with pytest.raises(ShapeError, match=f"at least {side}"):
        network(torch.rand(1, 3, side - 1, side))


def test_taps_come_in_the_order_asked_for():
    network = vgg19(taps=["relu2_1", "conv1_1"])
    assert [part.shape[1:] for part in network(torch.rand(1, 3, 16, 16))] == [(128, 8, 8), (64, 16, 16)]
    with pytest.raises(ModelError, match="conv9_1"):
        vgg19(taps=["conv9_1"])
    with pytest.raises(ModelError, match="layers to compare"):
        vgg19(taps=[])


def test_weights_are_frozen_and_images_get_gradients():
    network = vgg19(taps=["relu1_1"])
    image = torch.rand(1, 3, 16, 16, requires_grad=True)
    network(image)[0].sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    assert not any(weight.requires_grad for weight in network.parameters())


def test_weights_of_another_network_are_refused():
    with pytest.raises(CheckpointError, match="do not fit"):
        shift_tolerant_vgg16(torchvision.models.alexnet(weights=None).state_dict())
