"""How far one picture is displaced against another: correlation finds it, least squares refine it. Nothing is learned.

Two pictures of one scene, normalised by the contrast of every neighbourhood so that exposure and colour don't count,
are matched in four steps, each for what the one before cannot do:

1. the one whole-pixel shift of the picture, of any length, by normalised correlation in the Fourier domain;
2. block matching around it, for layers that move differently;
3. Lucas and Kanade's least squares, for fractions of a pixel (Baker and Matthews, IJCV 56, 2004);
4. an affine motion fitted to all of it, robustly, and what differs from it smoothed: where there is no texture the
   affine motion holds.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from opticalzoom.models.align import inside_mask, warp

RADIUS = 2
"""Reach of block matching around the picture's shift, in pixels."""

_CONTRAST = 4.0  # sigma of the neighbourhood whose contrast is normalised; all sigmas in pixels
_BLOCK = 3.0  # of block matching
_WINDOW = 4.0  # of the least squares
_FIELD = 6.0  # of the smoothing of what differs from the affine motion
_STEPS = 3  # of the least squares
_NOISE = 0.01  # contrast, in [0, 1], below which it is not raised
_FLAT = 1e-2  # energy of a block below which its correlation tends to zero
_LEAST_OVERLAP = 0.15  # part of the picture
_STIFFNESS = 0.5  # texture, relative to the picture's mean, at which field and affine motion count the same
_OUTLIER = 0.5  # distance in pixels from the affine motion at which a pixel counts half
_LONGEST_STEP = 0.75
_DAMPING = 0.02


@torch.no_grad()
def match(picture: Tensor, reference: Tensor, radius: int = RADIUS) -> Tensor:
    """The displacement with which ``picture`` shows what ``reference`` does; no gradient.

    Args:
        picture: N×3×H×W in [0, 1].
        reference: N×3×H×W in [0, 1].
        radius: how far in pixels, in each direction, parts may move against the whole.

    Returns:
        (dy, dx) in pixels, N×2×H×W float32: picture(p + Δ(p)) ≈ reference(p). Exactly zero for equal pictures.
    """
    x, y = (normalise_contrast(part.float()) for part in (picture, reference))
    offset = search(x, y, translation(x, y), radius)
    offset = refine(x, y, offset)
    return regularise(offset, _confidence(x, y, offset))


def normalise_contrast(picture: Tensor) -> Tensor:
    """Luminance with mean 0 and standard deviation 1 in every neighbourhood: N×3×H×W to N×1×H×W."""
    red, green, blue = picture.split(1, dim=1)
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    mean = gaussian(luminance, _CONTRAST)
    variance = gaussian(luminance.square(), _CONTRAST) - mean.square()
    return (luminance - mean) / (variance.clamp_min(0) + _NOISE**2).sqrt()


def translation(x: Tensor, y: Tensor) -> Tensor:
    """The whole-pixel shift d of the best normalised correlation of x(p + d) with y(p), over where they overlap.

    Args:
        x: N×1×H×W, of mean zero.
        y: N×1×H×W, of mean zero.

    Returns:
        N×2 (dy, dx), at least 15 % of the picture overlapping.
    """
    height, width = x.shape[-2:]
    size = 2 * height, 2 * width  # padded with zeros: nothing wraps around
    fx, fy, ones, fxx, fyy = (torch.fft.rfft2(part, size) for part in (x, y, torch.ones_like(x), x * x, y * y))
    product, energy_x, energy_y, overlap = (
        torch.fft.irfft2(a * b.conj(), size) for a, b in ((fx, fy), (fxx, ones), (ones, fyy), (ones, ones))
    )
    share = (overlap / (height * width)).clamp(0, 1)
    # A small overlap correlates by chance: the root favours larger ones.
    score = product / (energy_x * energy_y).clamp_min(1e-6).sqrt() * share**0.25
    best = score.masked_fill(share < _LEAST_OVERLAP, -1).flatten(1).argmax(1)
    rows, columns = best // size[1], best % size[1]
    rows = torch.where(rows > height, rows - size[0], rows)
    columns = torch.where(columns > width, columns - size[1], columns)
    return torch.stack((rows, columns), dim=1).to(x.dtype)


def search(x: Tensor, y: Tensor, start: Tensor, radius: int) -> Tensor:
    """Block matching: of all whole-pixel shifts up to ``radius`` from ``start`` the one with least squares, smoothed.

    Args:
        x: N×1×H×W, of mean zero.
        y: N×1×H×W, of mean zero.
        start: N×2 (dy, dx), whole pixels.
        radius: in pixels; 0 searches nothing.

    Returns:
        N×2×H×W.
    """
    height, width = x.shape[-2:]
    side = range(-radius, radius + 1)
    shifts = sorted(((dy, dx) for dy in side for dx in side), key=lambda d: d[0] ** 2 + d[1] ** 2)
    margin = (radius,) * 4
    around = start[:, :, None, None].expand(-1, -1, height + 2 * radius, width + 2 * radius)
    moved = warp(F.pad(x, margin), around)
    differences = []
    for dy, dx in shifts:
        part = moved[..., radius + dy : radius + dy + height, radius + dx : radius + dx + width]
        nearer = 1e-4 * (dy * dy + dx * dx)  # without texture all shifts are alike: stay
        differences.append(gaussian((part - y).square(), _BLOCK) + nearer)
    least, index = torch.cat(differences, dim=1).min(1, keepdim=True)
    found = x.new_tensor(shifts)[index[:, 0]].permute(0, 3, 1, 2)
    weight = (1 - least / (2 * gaussian(y.square(), _BLOCK) + _FLAT)).clamp_min(0) ** 4 + 1e-3
    return start[:, :, None, None] + gaussian(found * weight, _BLOCK) / gaussian(weight, _BLOCK)


def refine(x: Tensor, y: Tensor, offset: Tensor) -> Tensor:
    """Lucas and Kanade's steps: in every window the shift that makes x's difference from y smallest, robustly.

    Args:
        x: N×1×H×W.
        y: N×1×H×W.
        offset: N×2×H×W, right to about a pixel.

    Returns:
        N×2×H×W.
    """
    for _ in range(_STEPS):
        moved = warp(x, offset)
        dy, dx = _gradient(moved)
        rest = y - moved
        weight = inside_mask(offset) / (1 + rest.square())
        products = torch.cat((dy * dy, dx * dx, dy * dx, dy * rest, dx * rest), dim=1)
        yy, xx, yx, y_rest, x_rest = gaussian(products * weight, _WINDOW).split(1, dim=1)
        yy, xx = yy + _DAMPING, xx + _DAMPING
        step = torch.cat((xx * y_rest - yx * x_rest, yy * x_rest - yx * y_rest), dim=1) / (yy * xx - yx * yx)
        offset = offset + step.clamp(-_LONGEST_STEP, _LONGEST_STEP)
    return offset


def regularise(offset: Tensor, weight: Tensor) -> Tensor:
    """An affine motion, and what differs from it smoothed as far as the weights support it.

    Args:
        offset: N×2×H×W.
        weight: N×1×H×W, not negative, about 1 on average.

    Returns:
        N×2×H×W.
    """
    affine = fit_affine(offset, weight)
    support = gaussian(weight, _FIELD)
    return affine + gaussian((offset - affine) * weight, _FIELD) / (support + _STIFFNESS)


def fit_affine(offset: Tensor, weight: Tensor, rounds: int = 3) -> Tensor:
    """The affine motion nearest to a field, by iteratively reweighted least squares: N×2×H×W.

    Args:
        offset: N×2×H×W.
        weight: N×1×H×W, not negative.
        rounds: of reweighting; pixels far from the fit lose weight (Cauchy's).
    """
    height, width = offset.shape[-2:]
    rows, columns = (torch.linspace(-1, 1, side, device=offset.device) for side in (height, width))
    grid = torch.meshgrid(rows, columns, indexing="ij")
    basis = torch.stack((torch.ones_like(grid[0]), *grid)).flatten(1)  # 3×P
    field, given = offset.flatten(2), weight.flatten(2) + 1e-4
    ridge = torch.diag(offset.new_tensor((1e-6, 0.005, 0.005)))  # a picture with texture in one corner only shifts
    trust = torch.ones_like(given)
    for _ in range(rounds):
        weighted = given * trust * basis  # N×3×P
        normal = weighted @ basis.mT + ridge * (given * trust).sum(-1, keepdim=True)
        fit = (torch.linalg.solve(normal, weighted @ field.mT)).mT @ basis
        trust = 1 / (1 + (field - fit).square().sum(1, keepdim=True) / _OUTLIER**2)
    return fit.view_as(offset)


def gaussian(x: Tensor, sigma: float) -> Tensor:
    """Gaussian filter of every channel, N×C×H×W, borders repeated."""
    reach = int(2.5 * sigma + 0.5)
    taps = torch.exp(-torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device).square() / (2 * sigma**2))
    taps = (taps / taps.sum()).view(1, 1, -1, 1)
    channels = x.flatten(0, 1)[:, None]
    rows = F.conv2d(F.pad(channels, (0, 0, reach, reach), mode="replicate"), taps)
    return F.conv2d(F.pad(rows, (reach, reach, 0, 0), mode="replicate"), taps.mT).view_as(x)


def _confidence(x: Tensor, y: Tensor, offset: Tensor) -> Tensor:
    """How much a pixel says about the motion: texture in both directions where both pictures agree; mean about 1."""
    moved, inside = warp(x, offset), inside_mask(offset)
    product, energy_x, energy_y = (gaussian(part * inside, _BLOCK) for part in (moved * y, moved.square(), y.square()))
    agreement = (product / ((energy_x * energy_y).sqrt() + _FLAT)).clamp_min(0)
    weight = _texture(y) * agreement**4 * inside
    return (weight / (weight.mean((2, 3), keepdim=True) + 1e-6)).clamp_max(4)


def _texture(x: Tensor) -> Tensor:
    """The smaller eigenvalue of the structure tensor (Shi and Tomasi's corner measure), N×1×H×W."""
    dy, dx = _gradient(x)
    yy, xx, yx = gaussian(torch.cat((dy * dy, dx * dx, dy * dx), dim=1), _BLOCK).split(1, dim=1)
    return ((yy + xx) / 2 - ((yy - xx).square() / 4 + yx.square()).sqrt()).clamp_min(0)


def _gradient(x: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences along rows and columns, zero at the border."""
    dy, dx = torch.zeros_like(x), torch.zeros_like(x)
    dy[..., 1:-1, :] = (x[..., 2:, :] - x[..., :-2, :]) / 2
    dx[..., 1:-1] = (x[..., 2:] - x[..., :-2]) / 2
    return dy, dx
