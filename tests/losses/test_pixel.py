from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from opticalzoom.losses import DISTANCES, alignment_loss, masked_charbonnier, masked_l1, masked_l2
from opticalzoom.models.base import ZoomOutput


def test_known_value():
    result, target = torch.tensor([[[[1.0, 0.5]]]]), torch.tensor([[[[0.0, 0.0]]]])
    assert masked_l1(result, target, torch.tensor([[[[1.0, 0.0]]]])).item() == pytest.approx(0.5)  # 1 over 2 pixels
    assert masked_l1(result, target, torch.ones(1, 1, 1, 2)).item() == pytest.approx(0.75)


@pytest.mark.parametrize("name", DISTANCES)
def test_gradient(name):
    result = torch.randn(1, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    target, mask = torch.randn(1, 2, 3, 3, dtype=torch.float64), torch.rand(1, 1, 3, 3, dtype=torch.float64)
    assert gradcheck(lambda r: DISTANCES[name](r, target, mask), (result,))


def test_charbonnier_is_l1_with_a_gradient_at_zero():
    target, mask = torch.rand(1, 3, 4, 5), torch.rand(1, 1, 4, 5)
    result = torch.rand(1, 3, 4, 5)
    torch.testing.assert_close(
        masked_charbonnier(result, target, mask), masked_l1(result, target, mask), atol=1e-6, rtol=0
    )
    equal = target.clone().requires_grad_()
    loss = masked_charbonnier(equal, target, mask)
    loss.backward()
    assert loss.item() == pytest.approx(1e-6 * mask.mean().item())
    assert equal.grad is not None
    assert equal.grad.abs().max() == 0


def test_equation_6_against_a_slow_transcription():
    generator = torch.Generator().manual_seed(0)
    scale, height, width = 3, 4, 5
    image = torch.rand(1, 3, scale * height, scale * width, generator=generator)
    aligned = torch.rand(1, 3, height, width, generator=generator)
    mask = (torch.rand(1, 1, height, width, generator=generator) > 0.3).float()
    target = torch.rand(image.shape, generator=generator)
    trusted = (torch.rand(1, 1, *image.shape[-2:], generator=generator) > 0.3).float()
    first = second = 0.0
    for row in range(scale * height):
        for column in range(scale * width):
            weight = mask[0, 0, row // scale, column // scale] * trusted[0, 0, row, column]
            first += ((image[0, :, row, column] - target[0, :, row, column]).abs() * weight).sum().item()
    for row in range(height):
        for column in range(width):
            block = (..., slice(scale * row, scale * (row + 1)), slice(scale * column, scale * (column + 1)))
            difference = (aligned[0, :, row, column] - target[0][block].mean((1, 2))).abs().sum()
            second += (difference * mask[0, 0, row, column] * trusted[0][block].mean()).item()
    got = alignment_loss(ZoomOutput(image, aligned, None, mask), target, trusted)
    assert got[0].item() == pytest.approx(first / image.numel(), rel=1e-5)
    assert got[1].item() == pytest.approx(second / aligned.numel(), rel=1e-5)


def test_models_without_alignment_have_one_term():
    image, target = torch.rand(1, 3, 6, 6), torch.rand(1, 3, 6, 6)
    first, second = alignment_loss(ZoomOutput(image), target, torch.ones(1, 1, 6, 6))
    assert first.item() == pytest.approx((image - target).abs().mean().item())
    assert second.item() == 0


def test_squared_error_is_what_psnr_measures():
    result, target, mask = torch.tensor([[[[1.0, 0.5]]]]), torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 1, 2)
    assert masked_l2(result, target, mask).item() == pytest.approx((1 + 0.25) / 2)
    first, second = alignment_loss(ZoomOutput(result), target, mask, masked_l2)
    assert (first.item(), second.item()) == (pytest.approx(0.625), 0)
