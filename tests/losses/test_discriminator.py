"""SRGAN's discriminator: its layers, the patches that it takes, and what its logits depend on."""

from __future__ import annotations

import re

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck

from opticalzoom.errors import ModelError, ShapeError
from opticalzoom.losses.discriminator import Discriminator


@pytest.mark.parametrize("norm", ["spectral", "batch", "none"])
@pytest.mark.parametrize("size", [(32, 32), (40, 57), (96, 96)])
def test_patches_of_any_size(norm, size):
    network = Discriminator(norm, features=4, dense=8)
    logits = network(torch.rand(2, 3, *size))
    assert logits.shape == (2, 1)
    logits.sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_the_papers_layers():
    with torch.device("meta"):
        network = Discriminator("batch")
    shapes = [tuple(weight.shape) for weight in network.parameters() if weight.ndim > 1]
    widths = [(64, 3), (64, 64), (128, 64), (128, 128), (256, 128), (256, 256), (512, 256), (512, 512)]
    assert shapes == [(*width, 3, 3) for width in widths] + [(1024, 512 * 36), (1, 1024)]
    assert network.body(torch.empty(1, 3, 96, 96, device="meta")).shape == (1, 512, 6, 6)


@pytest.mark.parametrize(("norm", "same"), [("spectral", True), ("none", True), ("batch", False)])
def test_only_batch_norm_makes_a_logit_depend_on_the_batch(norm, same):
    torch.manual_seed(0)
    network = Discriminator(norm, features=4, dense=8).double()
    one, others = torch.rand(1, 3, 32, 32, dtype=torch.float64), torch.rand(3, 3, 32, 32, dtype=torch.float64) ** 4
    with torch.no_grad():
        for _ in range(200):  # spectral normalisation's power iteration settles
            network(one)
        alone, together = network(one), network(torch.cat((one, others)))[:1]
    assert torch.allclose(alone, together, atol=1e-6) is same


def test_gradient_of_the_discriminator():
    torch.manual_seed(0)
    network = Discriminator("spectral", features=1, dense=2).double().eval()
    image = torch.rand(1, 3, 32, 32, dtype=torch.float64, requires_grad=True)
    assert gradcheck(network, (image,), fast_mode=True)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match="at least 32"):
        Discriminator(features=1, dense=1)(torch.rand(1, 3, 31, 64))
    with pytest.raises(ModelError, match="norm is 'layer'"):
        Discriminator("layer")


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 1, 32, 32), (1, 3, 64, 31)])
def test_other_shapes_are_refused_with_what_was_got(shape):
    with pytest.raises(ShapeError, match=re.escape(str(shape))):
        Discriminator.check(torch.zeros(shape))


def test_spectral_normalisation_divides_by_the_largest_singular_value():
    torch.manual_seed(0)
    network = Discriminator("spectral", features=2, dense=4)
    with torch.no_grad():
        for _ in range(200):  # the power iteration settles
            network(torch.rand(1, 3, 32, 32))
        layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
        largest = [float(torch.linalg.matrix_norm(layer.weight.flatten(1), 2)) for layer in layers[1:]]
    assert largest == pytest.approx([1.0] * 9, abs=1e-3)
