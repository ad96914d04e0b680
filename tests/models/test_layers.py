"""Attention, tails and blocks against slow transcriptions and known answers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from opticalzoom.errors import ModelError
from opticalzoom.models.layers import (
    GramAttention,
    PackedAttention,
    ResidualBlock,
    SqueezeExcitation,
    Upsampler,
    cross_packing_attention,
    tail,
)

K = 8


def pad_by_repetition(x: Tensor) -> Tensor:
    """Repeat the last row and column up to a multiple of K."""
    rows = torch.arange(-(-x.shape[2] // K) * K).clamp(max=x.shape[2] - 1)
    columns = torch.arange(-(-x.shape[3] // K) * K).clamp(max=x.shape[3] - 1)
    return x[:, :, rows][..., columns]


def pack(x: Tensor) -> Tensor:
    """Space to depth by slicing: channel c·K² + i·K + j is every K-th pixel from (i, j)."""
    return torch.stack([x[:, c, i::K, j::K] for c in range(x.shape[1]) for i in range(K) for j in range(K)], dim=1)


def unpack(packed: Tensor, channels: int) -> Tensor:
    out = packed.new_zeros(packed.shape[0], channels, packed.shape[2] * K, packed.shape[3] * K)
    for c in range(channels):
        for i in range(K):
            for j in range(K):
                out[:, c, i::K, j::K] = packed[:, c * K * K + i * K + j]
    return out


@pytest.mark.parametrize("size", [(8, 8), (16, 24), (1, 1), (13, 30)])
def test_packed_attention_against_a_slow_transcription(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    module, x = PackedAttention(3), torch.randn(2, 3, *size)
    packed = pack(pad_by_repetition(x))
    squeeze, excite = module.attention.squeeze, module.attention.excite
    hidden = (packed.mean((2, 3)) @ squeeze.weight.flatten(1).T + squeeze.bias).clamp(min=0)
    gains = 1 / (1 + torch.exp(-(hidden @ excite.weight.flatten(1).T + excite.bias)))
    expected = unpack(packed * gains[..., None, None], 3)[..., : size[0], : size[1]]
    assert gains.std() > 0
    torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize("size", [(8, 8), (1, 5), (11, 20)])
def test_gram_attention_against_a_slow_transcription(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    module, x = GramAttention(), torch.randn(2, 1, *size)
    nn.init.constant_(module.gain, 0.7)
    packed = pack(pad_by_repetition(x))
    expected = packed.clone()
    for n in range(2):
        rows = packed[n].flatten(1)
        for c, row in enumerate(rows):
            energies = torch.stack([(row * other).sum() for other in rows])
            scores = torch.exp(energies.max() - energies - (energies.max() - energies).max())
            expected[n, c] += 0.7 * ((scores / scores.sum()) @ rows).view_as(packed[n, c])
    torch.testing.assert_close(module(x), unpack(expected, 1)[..., : size[0], : size[1]])


def test_gram_attention_begins_as_identity() -> None:
    x = torch.rand(1, 2, 19, 9)
    assert torch.equal(GramAttention()(x), x)


def test_channel_attention_known_answer() -> None:
    module = SqueezeExcitation(2, 1)
    for weight, value in ((module.squeeze.weight, 1.0), (module.excite.weight, 2.0)):
        nn.init.constant_(weight, value)
    nn.init.zeros_(module.squeeze.bias)
    nn.init.zeros_(module.excite.bias)
    x = torch.stack((torch.full((4, 5), 0.25), torch.full((4, 5), 0.5)))[None]
    torch.testing.assert_close(module(x), x * torch.sigmoid(torch.tensor(1.5)))  # 2 · (0.25 + 0.5)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(kind=st.sampled_from(["none", "channel", "packed", "gram"]), height=st.integers(1, 40), width=st.integers(1, 40))
def test_attention_keeps_any_size(kind: str, height: int, width: int) -> None:
    x = torch.rand(1, 4, height, width)
    out = cross_packing_attention(kind, 4)(x)  # type: ignore[arg-type]
    assert out.shape == x.shape
    assert torch.isfinite(out).all()


def test_no_attention_is_identity_and_packed_squeeze_is_narrow() -> None:
    x = torch.rand(1, 64, 3, 3)
    assert torch.equal(cross_packing_attention("none", 64)(x), x)
    assert sum(p.numel() for p in cross_packing_attention("packed", 64).parameters()) < 150_000


@pytest.mark.parametrize("factor", [2, 3, 4, 6, 8, 16])
@pytest.mark.parametrize("kind", ["paper", "direct"])
def test_tail_enlarges(factor: int, kind: str) -> None:
    features = torch.rand(1, 4, 3, 2)
    assert tail(kind, 4, factor)(features).shape == (1, 3, 3 * factor, 2 * factor)  # type: ignore[arg-type]


def test_residual_block_adds_to_its_input() -> None:
    block, x = ResidualBlock(4), torch.rand(1, 4, 5, 5)
    expected = x + block.conv2(torch.clamp(block.conv1(x), min=0))
    torch.testing.assert_close(block(x), expected)


def test_unknown_choices_are_refused() -> None:
    with pytest.raises(ModelError, match=r"attention is 'cbam', expected one of"):
        cross_packing_attention("cbam", 4)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"tail is 'long', expected one of"):
        tail("long", 4, 2)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="factor is 5"):
        Upsampler(4, 5)
