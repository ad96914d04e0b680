"""Losses over features, on random networks: nothing is downloaded."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck

from opticalzoom.errors import ConfigError, ShapeError
from opticalzoom.losses.contextual import contextual_bilateral_loss, contextual_loss
from opticalzoom.losses.perceptual_loss import feature_l1, perceptual_loss
from opticalzoom.models.backbones.backbone import Backbone
from opticalzoom.models.backbones.vgg import vgg19


def small_backbone() -> Backbone:
    torch.manual_seed(0)
    layers = {"conv1": nn.Conv2d(3, 4, 3), "tanh1": nn.Tanh(), "conv2": nn.Conv2d(4, 5, 3)}
    return Backbone(layers, ["tanh1", "conv2"], minimum=5).double()


def pair(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.rand(*shape, generator=generator, dtype=torch.float64) for _ in range(2))


def test_perceptual_is_the_weighted_sum_over_layers():
    network, (x, y) = small_backbone(), pair(2, 3, 7, 6)
    parts = [(a - b).abs().mean().item() for a, b in zip(network(x), network(y), strict=True)]
    assert perceptual_loss(network, x, y).item() == pytest.approx(sum(parts))
    assert perceptual_loss(network, x, y, [2.0, 0.5]).item() == pytest.approx(2 * parts[0] + 0.5 * parts[1])
    assert perceptual_loss(network, x, x).item() == 0
    with pytest.raises(ConfigError, match="1 weights for 2 layers"):
        perceptual_loss(network, x, y, [1.0])
    with pytest.raises(ShapeError, match="one shape"):
        perceptual_loss(network, x, y[:1])


@pytest.mark.parametrize("distance", [feature_l1, contextual_loss, contextual_bilateral_loss])
def test_perceptual_gradient(distance):
    network, (x, y) = small_backbone(), pair(1, 3, 6, 6)
    assert gradcheck(lambda r: perceptual_loss(network, r, y, distance=distance), (x.requires_grad_(),))


def test_perceptual_on_vgg19_reaches_the_result_only():
    x, y = torch.rand(1, 3, 16, 16, requires_grad=True), torch.rand(1, 3, 16, 16, requires_grad=True)
    perceptual_loss(vgg19(taps=["relu2_2"]), x, y).backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert y.grad is None
