"""Adversarial losses against the papers' formulas with sigmoids and logarithms, and the discriminator."""

from __future__ import annotations

import math

import pytest
import torch
from torch.autograd import gradcheck

from opticalzoom.errors import ModelError, ShapeError
from opticalzoom.losses.adversarial import ADVERSARIAL
from opticalzoom.losses.discriminator import Discriminator


def sigmoid(value):
    return 1 / (1 + math.exp(-value))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def slow_plain(real, fake):
    generator = -mean(math.log(sigmoid(f)) for f in fake)
    return generator, -mean(math.log(sigmoid(r)) for r in real) - mean(math.log(1 - sigmoid(f)) for f in fake)


def slow_relativistic(real, fake):
    real_fake = [sigmoid(r - mean(fake)) for r in real]
    fake_real = [sigmoid(f - mean(real)) for f in fake]
    generator = -mean(math.log(1 - p) for p in real_fake) - mean(math.log(p) for p in fake_real)
    return generator, -mean(math.log(p) for p in real_fake) - mean(math.log(1 - p) for p in fake_real)


@pytest.mark.parametrize(("name", "slow"), [("plain", slow_plain), ("relativistic", slow_relativistic)])
def test_against_the_formulas(name, slow):
    real, fake = [1.5, -0.3, 0.7], [-2.0, 0.4, 0.1]
    for loss, expected in zip(ADVERSARIAL[name], slow(real, fake), strict=True):
        got = loss(torch.tensor(real, dtype=torch.float64), torch.tensor(fake, dtype=torch.float64))
        assert got.item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_gradients_and_signs(name):
    real, fake = (torch.randn(4, 1, dtype=torch.float64, requires_grad=True) for _ in range(2))
    for loss in ADVERSARIAL[name]:
        assert gradcheck(loss, (real, fake))
    generator, discriminator = ADVERSARIAL[name]
    (up,) = torch.autograd.grad(generator(real, fake), fake)
    (down,) = torch.autograd.grad(discriminator(real, fake), fake)
    assert (up < 0).all(), "the generator wants higher logits for its results"
    assert (down > 0).all(), "the discriminator wants lower ones"


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_known_values_and_sure_discriminators(name):
    zero = torch.zeros(2, 1)
    assert ADVERSARIAL[name].discriminator(zero, zero).item() == pytest.approx(2 * math.log(2))
    far = torch.full((2, 1), 1000.0)
    assert ADVERSARIAL[name].discriminator(far, -far).item() == 0
    assert ADVERSARIAL[name].generator(far, -far).item() >= 1000
    for loss in ADVERSARIAL[name]:
        with pytest.raises(ShapeError, match="one shape"):
            loss(torch.zeros(2, 1), torch.zeros(3, 1))


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


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_a_few_steps_tell_two_textures_apart(name):
    torch.manual_seed(0)
    network = Discriminator(features=4, dense=16)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(30):
        real, fake = torch.rand(4, 3, 32, 32), 0.5 + 0.1 * torch.rand(4, 3, 32, 32)
        optimizer.zero_grad()
        loss = ADVERSARIAL[name].discriminator(network(real), network(fake))
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.5
