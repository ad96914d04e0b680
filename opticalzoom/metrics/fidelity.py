"""Full-reference image metrics as pure functions, one value per image.

Tensors are N×C×H×W float32 in [0, 1]; masks are N×1×H×W bool, True where a pixel counts. No border is cut.
The published City100 figures are made of ``quantise``d pictures and of ``quantise``d limited-range Y, because
MATLAB's ``rgb2ycbcr`` gives uint8 for uint8.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from opticalzoom.errors import ShapeError

WINDOW, SIGMA, K1, K2 = 11, 1.5, 0.01, 0.03  # of SSIM, as published


def quantise(image: Tensor) -> Tensor:
    """Clamp to [0, 1] and round to the 256 levels of an 8-bit file. Shape and dtype stay.

    >>> quantise(torch.tensor([-0.1, 0.4001, 1.2])) * 255
    tensor([  0., 102., 255.])
    """
    return (image.clamp(0, 1) * 255).round() / 255


def limited_range_y(rgb: Tensor) -> Tensor:
    """Limited-range luma of ITU-R BT.601, MATLAB's ``rgb2ycbcr``: 16/255 for black to 235/255 for white.

    >>> limited_range_y(torch.ones(1, 3, 1, 1)) * 255
    tensor([[[[235.]]]])

    Shape: N×3×H×W in [0, 1] -> N×1×H×W.
    """
    weights = rgb.new_tensor([65.481, 128.553, 24.966]).view(1, 3, 1, 1)
    return ((rgb * weights).sum(1, keepdim=True) + 16) / 255


def psnr(output: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio in dB for a peak of 1, over all pixels and channels.

    >>> psnr(torch.full((1, 3, 4, 4), 0.75), torch.full((1, 3, 4, 4), 0.5))
    tensor([12.0412], dtype=torch.float64)

    Returns N float64 values: infinite for equal images, NaN where the mask holds no pixel.

    Raises:
        ShapeError: the images differ in shape.
    """
    _check_shapes(output, target)
    error = (output.double() - target.double()).square().mean(1, keepdim=True)
    return -10 * torch.log10(_mean(error, mask))


def ssim(output: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """Structural similarity (Wang et al., IEEE TIP 13(4), 2004, Eq. 13), mean over pixels and channels.

    Gaussian 11×11 window with σ = 1.5, and only windows that lie inside the image (torchmetrics pads instead).
    With a mask, only windows whose pixels all count. Returns N values; NaN where no window counts.

    Raises:
        ShapeError: the images differ in shape, or are smaller than the window.
    """
    _check_shapes(output, target)
    height, width = output.shape[-2:]
    if min(height, width) < WINDOW:
        raise ShapeError(f"image is {height}×{width} pixels, SSIM needs at least {WINDOW}×{WINDOW}.")
    similarity = _similarity(output, target).mean(1, keepdim=True)
    if mask is not None:  # a window counts if its least pixel does
        rows = F.max_pool2d(-mask.to(output), (WINDOW, 1), stride=1)
        mask = F.max_pool2d(rows, (1, WINDOW), stride=1) < 0
    return _mean(similarity.double(), mask)


def _similarity(output: Tensor, target: Tensor) -> Tensor:
    """SSIM of every window: N×C×(H-10)×(W-10)."""
    moments = torch.stack([output, target, output * output, target * target, output * target])
    mean_o, mean_t, square_o, square_t, product = _window_means(moments.flatten(0, 2)[:, None]).view(
        5, *output.shape[:2], output.shape[2] - WINDOW + 1, output.shape[3] - WINDOW + 1
    )
    variances = square_o - mean_o**2 + square_t - mean_t**2
    covariance = product - mean_o * mean_t
    c1, c2 = K1**2, K2**2
    luminance = (2 * mean_o * mean_t + c1) / (mean_o**2 + mean_t**2 + c1)
    return luminance * (2 * covariance + c2) / (variances + c2)


def _window_means(maps: Tensor) -> Tensor:
    """Gaussian-weighted means of all windows, B×1×H×W -> B×1×(H-10)×(W-10)."""
    distance = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    bell = torch.exp(-0.5 * (distance / SIGMA) ** 2)
    weights: list[float] = (bell / bell.sum()).tolist()
    # Shifted sums, map by map: a convolution of one channel takes seven times as long on processors.
    return torch.cat([_weighted(_weighted(part, weights, -2), weights, -1) for part in maps.split(1)])


def _weighted(maps: Tensor, weights: list[float], axis: int) -> Tensor:
    """Weighted sums of neighbours along an axis, inside only."""
    length = maps.shape[axis] - len(weights) + 1
    total = maps.narrow(axis, 0, length) * weights[0]
    for shift, weight in enumerate(weights[1:], start=1):
        total.add_(maps.narrow(axis, shift, length), alpha=weight)
    return total


def _mean(values: Tensor, mask: Tensor | None) -> Tensor:
    """Mean per image of N×1×H×W values where the mask is True."""
    weights = torch.ones_like(values) if mask is None else mask.to(values)
    return (values * weights).sum((1, 2, 3)) / weights.sum((1, 2, 3))


def _check_shapes(output: Tensor, target: Tensor) -> None:
    if output.shape != target.shape:
        raise ShapeError(f"output and target differ in shape: {tuple(output.shape)}, expected {tuple(target.shape)}.")
