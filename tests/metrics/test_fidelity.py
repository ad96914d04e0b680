"""PSNR, SSIM and luma against scikit-image and answers made by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from opticalzoom.errors import ShapeError
from opticalzoom.metrics import limited_range_y, psnr, quantise, ssim

WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}


def pictures(height: int, width: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    target = torch.rand(2, 3, height, width, generator=random)
    return (target + 0.2 * torch.randn(target.shape, generator=random)).clamp(0, 1), target


def array(image: torch.Tensor) -> np.ndarray:
    return image.permute(1, 2, 0).double().numpy()


@settings(max_examples=20, deadline=None)
@given(st.integers(11, 40), st.integers(11, 40), st.integers(0, 99))
def test_agrees_with_scikit_image(height, width, seed):
    output, target = pictures(height, width, seed)
    for mine, a, b in zip(zip(psnr(output, target), ssim(output, target), strict=True), output, target, strict=True):
        assert float(mine[0]) == pytest.approx(peak_signal_noise_ratio(array(b), array(a), data_range=1), abs=1e-5)
        expected = structural_similarity(array(a), array(b), channel_axis=2, **WANG)
        assert float(mine[1]) == pytest.approx(expected, abs=2e-5)


def test_y_agrees_with_scikit_image():
    output, _ = pictures(12, 13)
    expected = rgb2ycbcr(array(output[0]))[..., 0] / 255
    np.testing.assert_allclose(limited_range_y(output)[0, 0], expected, atol=1e-6)


def test_y_of_black_and_white():
    grey = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 3, 1, 1)
    torch.testing.assert_close(limited_range_y(grey).flatten() * 255, torch.tensor([16.0, 235.0]))


def test_quantise_clamps_and_rounds():
    image = torch.tensor([-0.1, 0.49 / 255, 0.51 / 255, 1.2])
    torch.testing.assert_close(quantise(image), torch.tensor([0, 0, 1 / 255, 1]))


def test_known_psnr():
    black = torch.zeros(1, 3, 4, 5)
    assert float(psnr(black + 0.1, black)) == pytest.approx(20.0, abs=1e-5)


def test_equal_images_are_perfect():
    image, _ = pictures(16, 16)
    assert torch.isinf(psnr(image, image)).all()
    torch.testing.assert_close(ssim(image, image), torch.ones(2, dtype=torch.float64))


def test_mask_hides_errors():
    output, target = pictures(40, 30)
    mask = torch.zeros(2, 1, 40, 30, dtype=torch.bool)
    mask[:, :, 4:26, 7:29] = True
    inside = output[:, :, 4:26, 7:29], target[:, :, 4:26, 7:29]
    spoilt = torch.where(mask, output, 0.5)
    torch.testing.assert_close(psnr(spoilt, target, mask), psnr(*inside))
    torch.testing.assert_close(ssim(spoilt, target, mask), ssim(*inside))


def test_mask_without_pixels_gives_no_number():
    output, target = pictures(16, 16)
    mask = torch.zeros(2, 1, 16, 16, dtype=torch.bool)
    assert psnr(output, target, mask).isnan().all()
    assert ssim(output, target, mask).isnan().all()


def test_too_small_for_ssim():
    small = torch.zeros(1, 3, 10, 30)
    with pytest.raises(ShapeError, match="10×30 pixels, SSIM needs at least 11×11"):
        ssim(small, small)
