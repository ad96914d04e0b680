"""Losses over features, on random networks: nothing is downloaded."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck

from opticalzoom.errors import ConfigError, ModelError
from opticalzoom.losses.contextual import contextual_bilateral_loss, contextual_loss
from opticalzoom.losses.perceptual_loss import feature_l1, perceptual_loss
from opticalzoom.losses.smoothness import offset_smoothness
from opticalzoom.losses.wasserstein import sliced_wasserstein
from opticalzoom.models.backbones.pretrained import Backbone, vgg19


def small_network() -> Backbone:
    torch.manual_seed(0)
    layers = {"conv1": nn.Conv2d(3, 4, 3), "tanh1": nn.Tanh(), "conv2": nn.Conv2d(4, 5, 3)}
    return Backbone(layers, ["tanh1", "conv2"], minimum=5).double()


def pair(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.rand(*shape, generator=generator, dtype=torch.float64) for _ in range(2))


def test_perceptual_is_the_weighted_sum_over_layers():
    network, (x, y) = small_network(), pair(2, 3, 7, 6)
    parts = [(a - b).abs().mean().item() for a, b in zip(network(x), network(y), strict=True)]
    assert perceptual_loss(network, x, y).item() == pytest.approx(sum(parts))
    assert perceptual_loss(network, x, y, [2.0, 0.5]).item() == pytest.approx(2 * parts[0] + 0.5 * parts[1])
    assert perceptual_loss(network, x, x).item() == 0
    with pytest.raises(ConfigError, match="1 weights for 2 layers"):
        perceptual_loss(network, x, y, [1.0])
    with pytest.raises(ModelError, match="one shape"):
        perceptual_loss(network, x, y[:1])


@pytest.mark.parametrize("distance", [feature_l1, contextual_loss, contextual_bilateral_loss])
def test_perceptual_gradient(distance):
    network, (x, y) = small_network(), pair(1, 3, 6, 6)
    assert gradcheck(lambda r: perceptual_loss(network, r, y, distance=distance), (x.requires_grad_(),))


def test_perceptual_on_vgg19_reaches_the_result_only():
    x, y = torch.rand(1, 3, 16, 16, requires_grad=True), torch.rand(1, 3, 16, 16, requires_grad=True)
    perceptual_loss(vgg19(taps=["relu2_2"]), x, y).backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert y.grad is None


def test_one_channel_is_the_distance_of_sorted_values():
    x, y = torch.tensor([[[[3.0, 1.0]]]]), torch.tensor([[[[2.0, 5.0]]]])  # (1, 3) and (2, 5)
    assert sliced_wasserstein(x, y).item() == pytest.approx((1 + 4) / 2)


def test_sliced_wasserstein_against_loops():
    x, y = pair(2, 3, 2, 4)
    got = sliced_wasserstein(x, y, 5, torch.Generator().manual_seed(7)).item()
    total = 0.0
    for line in torch.randn(5, 3, generator=torch.Generator().manual_seed(7)).double():
        unit = [v / math.hypot(*line.tolist()) for v in line.tolist()]
        for image in range(2):
            ours, theirs = (
                sorted(
                    sum(u * part[image, c, i, j].item() for c, u in enumerate(unit)) for i in range(2) for j in range(4)
                )
                for part in (x, y)
            )
            total += sum((a - b) ** 2 for a, b in zip(ours, theirs, strict=True))
    assert got == pytest.approx(total / (5 * 2 * 8))


def test_sliced_wasserstein_sees_no_order_and_repeats_with_a_seed():
    x, y = pair(1, 6, 4, 5)
    shuffled = x.flatten(2)[..., torch.randperm(20)].view_as(x)
    assert sliced_wasserstein(x, shuffled).item() == pytest.approx(0, abs=1e-20)
    first, second = (sliced_wasserstein(x, y, 3, torch.Generator().manual_seed(1)).item() for _ in range(2))
    assert first == second > 0


def test_sliced_wasserstein_gradient():
    x, y = pair(1, 3, 2, 3)
    assert gradcheck(lambda r: sliced_wasserstein(r, y, 4, torch.Generator().manual_seed(0)), (x.requires_grad_(),))


def test_sliced_wasserstein_refuses_what_does_not_fit():
    with pytest.raises(ModelError, match="one shape"):
        sliced_wasserstein(torch.rand(1, 3, 4, 4), torch.rand(1, 4, 4, 4))
    with pytest.raises(ConfigError, match="directions"):
        sliced_wasserstein(torch.rand(1, 3, 4, 4), torch.rand(1, 3, 4, 4), 0)


def test_smoothness_of_known_fields():
    ramp = torch.arange(4.0).view(1, 1, 1, 4).expand(1, 2, 3, 4)  # 1 a column: 18 steps of 1, 16 of 0
    assert offset_smoothness(ramp, 1e-12).item() == pytest.approx(18 / 34, abs=1e-5)
    assert offset_smoothness(torch.full((2, 2, 3, 4), 5.0)).item() == pytest.approx(1e-3)
    assert offset_smoothness(torch.rand(1, 2, 1, 1)).item() == 0
    assert offset_smoothness(torch.tensor([[[[0.0, 3.0]]]]), 16.0).item() == pytest.approx(5)
    with pytest.raises(ModelError, match="N×2×H×W"):
        offset_smoothness(torch.rand(2, 3, 4))


def test_smoothness_gradient():
    offset, _ = pair(1, 2, 3, 4)
    assert gradcheck(offset_smoothness, (offset.requires_grad_(),))
