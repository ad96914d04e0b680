"""Building blocks: residual block, upsampling tails and cross packing attention (CPA)."""

from __future__ import annotations

from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from opticalzoom.errors import ModelError

AttentionKind = Literal["none", "channel", "packed", "gram"]
"""CPA variants: none; ``channel``: squeeze-and-excitation without packing ("CL" in the paper's tables);
``packed``: squeeze-and-excitation on packed channels ("CP"); ``gram``: the released code's Gram attention."""

TailKind = Literal["paper", "direct"]
"""``paper``: PixelShuffle stages on features, then a convolution to RGB. ``direct``: one convolution and one
PixelShuffle straight to RGB, far cheaper because nothing is computed on the large grid."""

PACKING = 8
"""K: side of the blocks that CPA packs into channels."""

SQUEEZE = 16
"""Width of the squeeze on packed channels: at the usual ratio of 1/16 it would hold millions of weights."""


def conv3x3(channels: int, features: int) -> nn.Conv2d:
    """3×3 convolution that keeps the size: N×channels×H×W to N×features×H×W."""
    return nn.Conv2d(channels, features, 3, padding=1)


def check_choice(name: str, value: object, kinds: object) -> None:
    """Raise ModelError unless ``value`` is one of the strings of the Literal ``kinds``."""
    if value not in get_args(kinds):
        raise ModelError(f"{name} is {value!r}, expected one of {get_args(kinds)}.")


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions around a ReLU, added to the input; no batch normalisation.

    Shape:
        N×C×H×W to N×C×H×W.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv1 = conv3x3(features, features)
        self.conv2 = conv3x3(features, features)

    def forward(self, x: Tensor) -> Tensor:
        """Return x + conv(ReLU(conv(x)))."""
        # In place: nobody needs what a convolution gave before the ReLU or the sum, and new memory costs a tenth more.
        return self.conv2(F.relu(self.conv1(x), inplace=True)).add_(x)


class Upsampler(nn.Sequential):
    """Stages of convolution, PixelShuffle and ReLU: ×2 each, after them one ×3 if the factor holds it.

    Shape:
        N×C×H×W to N×C×fH×fW.
    """

    def __init__(self, features: int, factor: int) -> None:
        super().__init__()
        self.stages = {2: (2,), 3: (3,), 4: (2, 2), 6: (2, 3), 8: (2, 2, 2), 16: (2, 2, 2, 2)}.get(factor, ())
        if not self.stages:
            raise ModelError(f"upsampling factor is {factor}, expected 2, 3, 4, 6, 8 or 16.")
        for side in self.stages:
            self.extend((conv3x3(features, features * side**2), nn.PixelShuffle(side), nn.ReLU(inplace=True)))


class PaperTail(nn.Sequential):
    """:class:`Upsampler` and a convolution to RGB, as in the paper.

    Shape:
        N×C×h×w to N×3×fh×fw.
    """

    def __init__(self, features: int, factor: int) -> None:
        upsampler = Upsampler(features, factor)
        super().__init__(upsampler, conv3x3(features, 3))
        self.reach = 1  # in pixels around an output pixel; shuffled back, they touch ⌈reach / side⌉ pixels around
        for side in reversed(upsampler.stages):
            self.reach = -(-self.reach // side) + 1


class DirectTail(nn.Sequential):
    """One convolution to 3·f² channels and one PixelShuffle.

    Shape:
        N×C×h×w to N×3×fh×fw.
    """

    reach = 1

    def __init__(self, features: int, factor: int) -> None:
        super().__init__(conv3x3(features, 3 * factor**2), nn.PixelShuffle(factor))


def tail(kind: TailKind, features: int, factor: int) -> PaperTail | DirectTail:
    """The tail of that kind; its ``reach`` is how many grid pixels an output pixel looks at in each direction."""
    check_choice("tail", kind, TailKind)
    return PaperTail(features, factor) if kind == "paper" else DirectTail(features, factor)


class SqueezeExcitation(nn.Module):
    """Channel attention: a gain per channel out of all channels' means (https://arxiv.org/abs/1709.01507).

    Shape:
        N×C×H×W to N×C×H×W.
    """

    def __init__(self, channels: int, squeeze: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1)
        self.excite = nn.Conv2d(squeeze, channels, 1)

    def gain(self, means: Tensor) -> Tensor:
        """Gains in (0, 1), N×C×1×1, of the channels' means, N×C×1×1."""
        return torch.sigmoid(self.excite(F.relu(self.squeeze(means))))

    def forward(self, x: Tensor) -> Tensor:
        """Multiply every channel by its gain."""
        return x * self.gain(x.mean((2, 3), keepdim=True))


class PackedAttention(nn.Module):
    """CPA with squeeze-and-excitation: a gain for every channel and place within blocks of K×K pixels.

    Equal to pixel_unshuffle(K), squeeze-and-excitation, pixel_shuffle(K), but neither shuffle is carried out: the
    packed channels' means are means over every K-th pixel, and unpacked gains are one K×K tile, repeated.

    Shape:
        N×C×H×W to N×C×H×W, any H and W: the means see x padded by replication to a multiple of K.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.attention = SqueezeExcitation(features * PACKING**2, SQUEEZE)

    def forward(self, x: Tensor) -> Tensor:
        """Multiply x by the repeated tile of gains."""
        height, width = x.shape[-2:]
        blocks = _pad(x).unflatten(3, (-1, PACKING)).unflatten(2, (-1, PACKING))  # N×C×H/K×K×W/K×K
        means = blocks.mean((2, 4)).flatten(1)[..., None, None]
        tile = F.pixel_shuffle(self.attention.gain(means), PACKING)
        return x * tile.repeat(1, 1, blocks.shape[2], blocks.shape[4])[..., :height, :width]


class GramAttention(nn.Module):
    """CPA as in the released code: softmax attention over the Gram matrix of the packed channels.

    As in DANet's channel attention (https://arxiv.org/abs/1809.02983) it is the *least* similar channels that are
    mixed in, softmax(−G); the gain starts at zero, so that training begins at the identity.

    Shape:
        N×C×H×W to N×C×H×W, any H and W: padded by replication to a multiple of K inside and cropped again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Add what the packed channels attend to."""
        height, width = x.shape[-2:]
        packed = F.pixel_unshuffle(_pad(x), PACKING)
        channels = packed.flatten(2)
        attention = torch.softmax(-channels @ channels.mT, dim=-1)
        mixed = (attention @ channels).view_as(packed)
        return F.pixel_shuffle(packed + self.gain * mixed, PACKING)[..., :height, :width]


def cross_packing_attention(kind: AttentionKind, features: int) -> nn.Module:
    """CPA of that kind for N×features×H×W."""
    check_choice("attention", kind, AttentionKind)
    if kind == "packed":
        return PackedAttention(features)
    if kind == "gram":
        return GramAttention()
    return SqueezeExcitation(features, max(features // 16, 1)) if kind == "channel" else nn.Identity()


def _pad(x: Tensor) -> Tensor:
    """Pad to a multiple of K at the bottom and the right; replication works for any size and keeps the means."""
    height, width = x.shape[-2:]
    return F.pad(x, (0, -width % PACKING, 0, -height % PACKING), mode="replicate")
