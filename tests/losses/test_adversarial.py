"""Adversarial losses against the papers' formulas with sigmoids and logarithms."""

from __future__ import annotations

import math

import pytest
import torch
from torch.autograd import gradcheck

from opticalzoom.errors import ShapeError
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
