"""The discriminator's own steps."""

from __future__ import annotations

import pytest
import torch

from opticalzoom.losses import ADVERSARIAL
from opticalzoom.training.adversary import Adversary


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    real, fake = (torch.rand(2, 3, 32, 32, generator=generator) for _ in range(2))
    return real, (fake / 4).requires_grad_()


def adversary(norm: str = "spectral") -> Adversary:
    torch.manual_seed(0)
    return Adversary("relativistic", norm, features=2)


def discriminator_weights(one: Adversary) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in one.state_dict()["discriminator"].items()}


def test_a_step_is_adams_on_the_discriminators_loss():
    one, (real, fake) = adversary("none"), (picture.detach().double() for picture in pictures())
    one.discriminator.double()
    discriminator = adversary("none").discriminator.double().requires_grad_(True)
    optimizer = torch.optim.Adam(discriminator.parameters(), 1e-3, betas=(0.9, 0.999))
    for _ in range(3):
        loss = ADVERSARIAL["relativistic"].discriminator(discriminator(real), discriminator(fake))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        torch.testing.assert_close(one.learn(real, fake, 1e-3), loss.detach())
    torch.testing.assert_close(discriminator_weights(one), dict(discriminator.state_dict()))


def test_judging_moves_the_results_only():
    one, (real, fake) = adversary(), pictures()
    one.learn(real, fake, 1e-3)
    assert fake.grad is None
    one.discriminator.zero_grad()
    one.judge(real, fake).backward()
    assert fake.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in one.discriminator.parameters())


def test_it_learns():
    one, (real, fake) = adversary(), pictures()
    before = one.judge(real, fake).item()
    losses = [one.learn(real, fake, 2e-3).item() for _ in range(40)]
    assert losses[-1] < 0.2 * losses[0]
    assert one.judge(real, fake).item() > 2 * before


@pytest.mark.parametrize("norm", ["spectral", "batch"])
def test_a_copy_goes_on_to_the_same_place(norm, tmp_path):
    one, other, (real, fake) = adversary(norm), Adversary("relativistic", norm, features=2), pictures()
    one.learn(real, fake, 1e-3)
    torch.save(one.state_dict(), tmp_path / "state.pt")
    other.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    other.to(torch.device("cpu"))
    for each in (one, other):
        each.learn(real, fake, 1e-3)
        each.judge(real, fake)
    assert all(
        torch.equal(a, b)
        for a, b in zip(discriminator_weights(one).values(), discriminator_weights(other).values(), strict=True)
    )


def test_gradients_are_averaged_and_clipped():
    real, fake = pictures()
    seen = []

    def halve(gradient: torch.Tensor) -> torch.Tensor:
        seen.append(gradient)
        return gradient / 2

    one = adversary()
    one.learn(real, fake, 0.0, clip=1e-3, reduce=halve)
    parameters = list(one.discriminator.parameters())
    assert len(seen) == len(parameters)
    norm = torch.stack([parameter.grad.norm() for parameter in parameters]).norm()
    assert norm.item() == pytest.approx(1e-3, rel=1e-2)
