"""Alignment by resampling: bilinear warp, squared and per-point deformable convolution, masks.

Offsets are (dy, dx) in pixels, "sample from p + Δ(p)"; whatever lies outside the image is zero.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from opticalzoom.errors import ShapeError


def warp(x: Tensor, offset: Tensor) -> Tensor:
    """Sample an image bilinearly at p + Δ(p), zero outside.

    Args:
        x: image or features, N×C×H×W.
        offset: (dy, dx) in pixels, N×2×H×W. Give it in float32 or float64: bfloat16 has no room for coordinates.

    Returns:
        N×C×H×W of x's dtype. Coordinates are computed in float32 at least.

    Raises:
        ShapeError: the offset's size is not that of the image.
    """
    _check_offset(x, offset, 2)
    return _sample(x, _positions(offset))


def warp_smoothly(x: Tensor, offset: Tensor) -> Tensor:
    """As :func:`warp`, but bicubic, which takes less of the finest detail, and with the border repeated outside."""
    _check_offset(x, offset, 2)
    return _sample(x, _positions(offset), mode="bicubic", outside="border")


def squared_deform_conv(x: Tensor, offset: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Deformable convolution with one offset for the whole window (SDAN paper, squared deformable convolution).

    F'(p) = Σ_k w_k F(p + p_k + Δ(p)), bilinear, zero outside. All taps share Δ(p) and bilinear sampling is
    linear, so this *is* a plain convolution followed by one warp. It is exact at the borders as well: the zero
    padding of 2·(k // 2) keeps every response whose window touches the image, and the bias, which must not
    fade to zero outside, is added last.

    Args:
        x: features, N×C×H×W.
        offset: (dy, dx) in pixels of x, N×2×H×W, of any size, also to the outside of the image.
        weight: O×C×KH×KW. Tap i along a side sits at p − k // 2 + i, for odd and even k.
        bias: O values, or None.

    Returns:
        N×O×H×W.

    Raises:
        ShapeError: the offset's size is not that of the features.
    """
    _check_offset(x, offset, 2)
    reach = weight.shape[-2] // 2, weight.shape[-1] // 2
    response = F.conv2d(x, weight, padding=(2 * reach[0], 2 * reach[1]))
    out = _sample(response, _positions(offset, origin=reach))
    return out if bias is None else out + bias.view(-1, 1, 1)


def deform_conv(x: Tensor, offset: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Deformable convolution with one offset per tap (Dai et al., ICCV 2017, https://arxiv.org/abs/1703.06211).

    Args:
        x: features, N×C×H×W.
        offset: N×(2·KH·KW)×H×W in pixels of x: dy then dx of each tap, taps in row order (torchvision's order).
        weight: O×C×KH×KW. Tap i along a side sits at p − k // 2 + i, for odd and even k.
        bias: O values, or None.

    Returns:
        N×O×H×W.

    Raises:
        ShapeError: the offset's size is not that of the features or its channels are not those of the kernel.
    """
    kernel = weight.shape[-2:]
    taps = kernel.numel()
    _check_offset(x, offset, 2 * taps)
    batch, _, height, width = x.shape
    positions = _positions(offset.unflatten(1, (taps, 2))) + _tap_positions(kernel, offset.device)
    stacked = positions.transpose(1, 2).flatten(2, 3)  # the taps one below the other: one call samples them all
    samples = _sample(x, stacked).view(batch, -1, height, width)
    return F.conv2d(samples, weight.reshape(weight.shape[0], -1, 1, 1), bias)


@torch.no_grad()
def inside_mask(offset: Tensor) -> Tensor:
    """Where p + Δ(p) falls inside the image: the mask M' of the paper.

    Args:
        offset: (dy, dx) in pixels, N×2×H×W.

    Returns:
        N×1×H×W of the offset's dtype, 1 inside (0 ≤ y ≤ H − 1 and 0 ≤ x ≤ W − 1), 0 elsewhere; no gradient.
    """
    rows, columns = _positions(offset).unbind(1)
    inside = (rows >= 0) & (rows <= rows.shape[-2] - 1) & (columns >= 0) & (columns <= columns.shape[-1] - 1)
    return inside.unsqueeze(1).to(offset.dtype)


def enlarge_mask(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """Mask M at the output's size: M' by nearest neighbour, cropped to the output if that is no multiple of the grid.

    Args:
        mask: N×1×h×w.
        size: height and width of the output.

    Returns:
        N×1×H×W.
    """
    factor = max(-(-wanted // got) for wanted, got in zip(size, mask.shape[-2:], strict=True))
    return F.interpolate(mask, scale_factor=factor, mode="nearest")[..., : size[0], : size[1]]


def _positions(offset: Tensor, origin: tuple[int, int] = (0, 0)) -> Tensor:
    """p + Δ(p) for an offset (…)×2×H×W, with ``origin`` the place of pixel (0, 0); float32 at least."""
    dtype = torch.promote_types(offset.dtype, torch.float32)
    height, width = offset.shape[-2:]
    rows = torch.arange(height, dtype=dtype, device=offset.device) + origin[0]
    columns = torch.arange(width, dtype=dtype, device=offset.device) + origin[1]
    return offset + torch.stack(torch.meshgrid(rows, columns, indexing="ij"))


def _tap_positions(kernel: torch.Size, device: torch.device) -> Tensor:
    """p_k of every tap in row order, K²×2×1×1."""
    sides = [torch.arange(side, device=device) - side // 2 for side in kernel]
    return torch.stack(torch.meshgrid(*sides, indexing="ij"), dim=-1).view(-1, 2, 1, 1)


def _sample(image: Tensor, positions: Tensor, mode: str = "bilinear", outside: str = "zeros") -> Tensor:
    """Sample N×C×H×W at absolute positions N×2×h×w (row, column): N×C×h×w."""
    height, width = image.shape[-2:]
    rows, columns = positions.unbind(1)
    # With align_corners=False the mapping is defined for a side of one pixel too; the points sampled are the same.
    grid = torch.stack(((2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1), dim=-1)
    dtype = torch.promote_types(image.dtype, grid.dtype)
    # On the CPU grid_sample uses one thread per image, so a single image is spread over its channels.
    groups = math.gcd(image.shape[1], torch.get_num_threads()) if image.shape[0] == 1 else 1
    if groups > 1:
        image = image.unflatten(1, (groups, -1)).flatten(0, 1)
        grid = grid.expand(groups, -1, -1, -1)
    out = F.grid_sample(image.to(dtype), grid.to(dtype), mode, outside, align_corners=False)
    if groups > 1:
        out = out.flatten(0, 1).unsqueeze(0)
    return out.to(image.dtype)


def _check_offset(x: Tensor, offset: Tensor, channels: int) -> None:
    expected = (x.shape[0], channels, *x.shape[-2:])
    if tuple(offset.shape) != expected:
        raise ShapeError(f"offset has shape {tuple(offset.shape)}, expected {expected}.")
