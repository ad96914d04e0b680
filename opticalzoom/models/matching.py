"""How far one picture is displaced against another: correlation finds it, least squares refine it. Nothing is learned.

Two pictures of one scene, normalised by the contrast of every neighbourhood so that exposure and colour don't count,
are matched in five steps, each for what the one before cannot do:

1. the one whole-pixel shift of the picture, of any length, by normalised correlation in the Fourier domain;
2. block matching around it, for what varies within the picture;
3. Lucas and Kanade's least squares, for fractions of a pixel (Baker and Matthews, IJCV 56, 2004);
4. an affine motion fitted to all of it, robustly, and what differs from it smoothed: where there is no texture the
   affine motion holds;
5. a second layer, for what moves differently: a shift that explains what the first motion doesn't, refined likewise.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from opticalzoom.models.align import inside_mask, warp
from opticalzoom.models.motion import fit_motion, gaussian, normalise_contrast

RADIUS = 2
"""Reach of block matching around the picture's shift, in pixels."""

_BLOCK = 3.0  # pixels: sigma of the blocks that are matched
_FLAT = 1e-2  # energy of a block below which its correlation tends to zero
_LEAST_OVERLAP = 0.15  # share of the picture that both pictures must show at a shift
_REACH = 5  # pixels: how far from the picture's shift a second layer is searched
_FINE = 1.5  # pixels: sigma of the blocks in which two layers are told apart
_BETTER = 0.8
"""Where the squares that a second shift leaves are below this share of the first motion's, it is taken for the better
one, before both motions are fitted to their pixels."""
_MUCH_BETTER = 0.6
"""The same share once both are fitted, when a picture is asked whether it has two layers at all: a second motion with
parameters of its own always explains a little more."""
_MARGIN = 0.05  # normalised squares by which a second layer has to be better
_LEAST_GAIN = 0.01  # mean gain of a picture that has two layers


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
    start = translation(x, y)
    whole = fit_motion(x, y, search(x, y, start, radius), torch.ones_like(y))
    return separate(x, y, whole, start)


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
    shifts, squares = _shifted_squares(x, y, start, radius)
    nearer = 1e-4 * shifts.square().sum(1)  # without texture all shifts are alike: stay
    least, index = (gaussian(squares, _BLOCK) + nearer[:, None, None]).min(1, keepdim=True)
    found = shifts[index[:, 0]].permute(0, 3, 1, 2)
    weight = (1 - least / (2 * gaussian(y.square(), _BLOCK) + _FLAT)).clamp_min(0) ** 4 + 1e-3
    return start[:, :, None, None] + gaussian(found * weight, _BLOCK) / gaussian(weight, _BLOCK)


def separate(x: Tensor, y: Tensor, whole: Tensor, start: Tensor) -> Tensor:
    """A second layer: of all whole-pixel shifts the one that gains most where the first motion doesn't hold.

    Both motions are fitted again, each to its own pixels, and every pixel takes the one that explains it better:
    nothing is smoothed across the silhouette. A picture for which two are hardly better than one keeps the one.

    Args:
        x: N×1×H×W, of mean zero.
        y: N×1×H×W, of mean zero.
        whole: N×2×H×W, the motion that holds for most of the picture.
        start: N×2 (dy, dx), whole pixels around which the second is searched.

    Returns:
        N×2×H×W.
    """
    seen = inside_mask(whole)  # what lies outside x tells no motion from another
    shifts, squares = _shifted_squares(x, y, start, _REACH)
    first, second = (gaussian(part.mul_(seen), _FINE) for part in ((y - warp(x, whole)).square(), squares))
    best = (_BETTER * first.clamp_max(1) - second - _MARGIN).clamp_min(0).mean((2, 3)).argmax(1)
    second = second[torch.arange(len(y), device=y.device), best][:, None]
    front = (second < _BETTER * first - _MARGIN).to(x.dtype)
    motions = torch.cat((whole, (start + shifts[best])[:, :, None, None].expand_as(whole)))
    twice = [torch.cat((part, part)) for part in (x, y, seen)]
    motions = fit_motion(twice[0], twice[1], motions, torch.cat((1 - front, front)).clamp_min(1e-3))
    first, second = gaussian((twice[1] - warp(twice[0], motions)).square() * twice[2], _FINE).chunk(2)
    gain = (_MUCH_BETTER * first - second - _MARGIN).clamp_min(0).mean((2, 3), keepdim=True)
    back, before = motions.chunk(2)
    return torch.where(gain > _LEAST_GAIN, torch.where(second < first - _MARGIN, before, back), whole)


def _shifted_squares(x: Tensor, y: Tensor, start: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    """All whole-pixel shifts up to ``radius`` from ``start``, nearest first, S×2; (x(p + shift) − y(p))², N×S×H×W."""
    height, width = x.shape[-2:]
    side = range(-radius, radius + 1)
    shifts = sorted(((dy, dx) for dy in side for dx in side), key=lambda d: d[0] ** 2 + d[1] ** 2)
    around = start[:, :, None, None].expand(-1, -1, height + 2 * radius, width + 2 * radius)
    moved = warp(F.pad(x, (radius,) * 4), around)
    parts = [moved[..., radius + dy :, radius + dx :][..., :height, :width] for dy, dx in shifts]
    return x.new_tensor(shifts), torch.cat(parts, dim=1).sub_(y).square_()
