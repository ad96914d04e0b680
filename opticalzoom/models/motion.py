"""A displacement refined to fractions of a pixel, by least squares, and regularised by an affine motion.

The parts of :mod:`opticalzoom.models.matching` that know nothing of layers: each takes a weight that says which pixels
belong to the motion.
"""

from __future__ import annotations

import torch
from torch import Tensor

from opticalzoom.models.align import inside_mask, warp

_CONTRAST = 4.0  # pixels: sigma of the neighbourhood whose contrast is normalised
_AGREEMENT = 3.0  # pixels: sigma of the neighbourhood in which texture and agreement are measured
_WINDOW = 4.0  # pixels: sigma of the window in which least squares find one shift
_FIELD = 6.0  # pixels: sigma of the smoothing of what differs from the affine motion
_STEPS = 3  # iterations of the least squares
_NOISE = 0.01  # contrast, in [0, 1], below which it is not raised
_FLAT = 1e-2  # energy of a neighbourhood below which its correlation tends to zero
_STIFFNESS = 0.5  # texture, relative to the picture's mean, at which field and affine motion count the same
_OUTLIER = 0.5  # distance in pixels from the affine motion at which a pixel counts half
_LONGEST_STEP = 0.75  # pixels that an iteration may move a pixel along each axis
_DAMPING = 0.02  # added to the squares of the gradients, so that flat windows do not move


def fit_motion(x: Tensor, y: Tensor, offset: Tensor, layer: Tensor) -> Tensor:
    """The motion of a layer, everywhere: refined where the layer is, regularised, and affine where it is not.

    Args:
        x: N×1×H×W.
        y: N×1×H×W.
        offset: N×2×H×W, right to about a pixel.
        layer: N×1×H×W in [0, 1], which pixels of y count.

    Returns:
        N×2×H×W.
    """
    offset = refine(x, y, offset, layer)
    return regularise(offset, _confidence(x, y, offset, layer))


def normalise_contrast(picture: Tensor) -> Tensor:
    """Luminance with mean 0 and standard deviation 1 in every neighbourhood: N×3×H×W to N×1×H×W."""
    red, green, blue = picture.split(1, dim=1)
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    mean = gaussian(luminance, _CONTRAST)
    variance = gaussian(luminance.square(), _CONTRAST) - mean.square()
    return (luminance - mean) / (variance.clamp_min(0) + _NOISE**2).sqrt()


def refine(x: Tensor, y: Tensor, offset: Tensor, layer: Tensor) -> Tensor:
    """Lucas and Kanade's steps: in every window the shift that makes x's difference from y smallest, robustly.

    Args:
        x: N×1×H×W.
        y: N×1×H×W.
        offset: N×2×H×W, right to about a pixel.
        layer: N×1×H×W in [0, 1], which pixels of y count.

    Returns:
        N×2×H×W.
    """
    for _ in range(_STEPS):
        moved = warp(x, offset)
        dy, dx = _gradient(moved)
        rest = y - moved
        weight = layer * inside_mask(offset) / (1 + rest.square())
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
    """Gaussian filter of every channel, …×H×W, borders repeated."""
    rows, columns = (_gaussian_matrix(side, sigma, x) for side in x.shape[-2:])
    return rows @ x @ columns.mT


def _gaussian_matrix(side: int, sigma: float, like: Tensor) -> Tensor:
    """The filter of a side as a matrix, side×side: patches are small, and a product is faster than a convolution."""
    reach = int(2.5 * sigma + 0.5)
    steps = torch.arange(-reach, reach + 1, device=like.device)
    taps = torch.exp(-steps.to(like.dtype).square() / (2 * sigma**2))
    place = torch.arange(side, device=like.device)[:, None]
    sources = (place + steps).clamp(0, side - 1)
    return like.new_zeros(side, side).scatter_add_(1, sources, (taps / taps.sum()).expand(side, -1))


def _confidence(x: Tensor, y: Tensor, offset: Tensor, layer: Tensor) -> Tensor:
    """How much a pixel says about the motion: texture in both directions where both pictures agree; mean about 1."""
    moved, inside = warp(x, offset), inside_mask(offset) * layer
    product, energy_x, energy_y = (
        gaussian(part * inside, _AGREEMENT) for part in (moved * y, moved.square(), y.square())
    )
    agreement = (product / ((energy_x * energy_y).sqrt() + _FLAT)).clamp_min(0)
    weight = _texture(y) * agreement**4 * inside
    return (weight / (weight.mean((2, 3), keepdim=True) + 1e-6)).clamp_max(4)


def _texture(x: Tensor) -> Tensor:
    """The smaller eigenvalue of the structure tensor (Shi and Tomasi's corner measure), N×1×H×W."""
    dy, dx = _gradient(x)
    yy, xx, yx = gaussian(torch.cat((dy * dy, dx * dx, dy * dx), dim=1), _AGREEMENT).split(1, dim=1)
    return ((yy + xx) / 2 - ((yy - xx).square() / 4 + yx.square()).sqrt()).clamp_min(0)


def _gradient(x: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences along rows and columns, zero at the border."""
    dy, dx = torch.zeros_like(x), torch.zeros_like(x)
    dy[..., 1:-1, :] = (x[..., 2:, :] - x[..., :-2, :]) / 2
    dx[..., 1:-1] = (x[..., 2:] - x[..., :-2]) / 2
    return dy, dx
