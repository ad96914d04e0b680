"""Bicubic enlargement by whole factors as one small convolution.

Faster than ``F.interpolate`` on the CPU, and made of nothing but what every runtime of exported models has. Weights
depend on a pixel's place within its cell only, never on a position in the picture, so tiles equal the whole exactly.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_A = -0.75  # of the cubic kernel, as in PyTorch and OpenCV
_REACH = 2  # an output pixel left of a pixel's centre has two of its four taps further to the left


def enlarge_bicubic(image: Tensor, factor: int) -> Tensor:
    """Enlarge by a whole factor, as ``F.interpolate(mode="bicubic")`` does: borders are repeated.

    Computed in the image's own dtype, whatever autocast says: in bfloat16 the picture would lose its last bits.

    Args:
        image: N×C×H×W.
        factor: output pixels per pixel and side.

    Returns:
        N×C×fH×fW.
    """
    channels = image.shape[1]
    weight = _weight(factor).to(image).repeat(channels, 1, 1, 1)
    padded = F.pad(image, (_REACH, _REACH, _REACH, _REACH), mode="replicate")
    with torch.autocast(image.device.type, enabled=False):
        return F.pixel_shuffle(F.conv2d(padded, weight, groups=channels), factor)


def _weight(factor: int) -> Tensor:
    """f²×1×5×5 float64: each output pixel of a cell, row by row, out of the pixels around."""
    place = (torch.arange(factor, dtype=torch.float64) + 0.5) / factor - 0.5
    distance = (torch.arange(-_REACH, _REACH + 1) - place[:, None]).abs()
    near = ((_A + 2) * distance - (_A + 3)) * distance**2 + 1
    far = ((distance - 5) * distance + 8) * distance * _A - 4 * _A
    taps = torch.where(distance <= 1, near, torch.where(distance < 2, far, 0.0))
    return torch.einsum("yi,xj->yxij", taps, taps).reshape(factor**2, 1, 5, 5)
