"""SDAN: its reference, its offsets, and the layers of the paper."""

from __future__ import annotations

import pytest
import torch
from networks import INPUTS, network_input, small_network
from scipy import ndimage
from torch import Tensor, nn

from opticalzoom.models import build, layers
from opticalzoom.models.sdan import ReferenceEncoder


def moved(planes: Tensor, by: float) -> Tensor:
    """N×h×w, read ``by`` pixels further down and right, bilinearly."""
    return torch.from_numpy(ndimage.shift(planes.numpy(), (0, -by, -by), order=1, mode="nearest"))


@pytest.mark.parametrize("deform", ["squared", "per_point"])
@pytest.mark.parametrize("attention", ["none", "channel", "packed", "gram"])
@pytest.mark.parametrize("flips", [True, False])
def test_variants_train_the_offsets(deform: str, attention: str, flips: bool) -> None:
    torch.manual_seed(0)
    model = build("sdan", scale=2, features=16, blocks=1, deform=deform, attention=attention, flips=flips)
    nn.init.normal_(model.offsets.head.weight, std=0.1)
    for module in model.modules():
        if isinstance(module, layers.SqueezeExcitation):
            nn.init.ones_(module.squeeze.bias)  # its single unit must not be dead
    x = network_input(model, 9, 12)
    output = model(x, x.flip(3))
    (output.image.square().mean() + output.aligned.square().mean()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("kind", INPUTS)
def test_x_is_its_own_reference(kind: str) -> None:
    model = small_network("sdan", scale=3, input=kind)
    nn.init.normal_(model.offsets.head.weight, std=0.5)
    x = network_input(model, 12, 15)
    if kind == "rgb":
        reference = x
    elif kind == "raw":
        green = 0.5 * x[:, 1] + 0.5 * x[:, 2]
        reference = torch.stack((moved(x[:, 0], 0.25), green, moved(x[:, 3], -0.25)), dim=1)
    else:
        reference = sum(x[..., i::3, j::3] for i in range(3) for j in range(3)) / 9
    alone, paired = model(x), model(x, reference)
    torch.testing.assert_close(alone.image, paired.image)
    torch.testing.assert_close(alone.offset, paired.offset)
    other = model(x, reference.flip(2))
    assert (other.offset - alone.offset).abs().max() > 1e-3


@pytest.mark.parametrize("flips", [True, False])
def test_reference_is_seen_with_its_three_flips(flips: bool) -> None:
    encoder, y = ReferenceEncoder(5, flips), torch.rand(2, 3, 6, 7)
    turned = torch.rot90(y, 2, (2, 3))  # both flips
    upside_down = y[:, :, torch.arange(5, -1, -1)]
    stacked = torch.cat((y, upside_down, y[..., torch.arange(6, -1, -1)], turned), dim=1) if flips else y
    torch.testing.assert_close(encoder(y), torch.clamp(encoder.conv(stacked), min=0))


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("deform", ["squared", "per_point"])
def test_offsets_move_features_and_skip_alike(kind: str, deform: str) -> None:
    """With offsets of (1, −2) everywhere, the output is that of the input moved by as much, but for the borders."""
    model = small_network("sdan", scale=2, input=kind, deform=deform, skip="bicubic").double()
    with torch.no_grad():
        model.offsets.head.bias.copy_(torch.tensor([1.0, -2.0]).repeat(len(model.offsets.head.bias) // 2))
    cell = 2 if kind == "resized" else 1
    x = network_input(model, 24 * cell, 26 * cell).double()
    output = model(x)
    expected = model.forward_unaligned(x.roll((-1 * cell, 2 * cell), (2, 3))).image
    border = (model.contract.receptive_field + 3 * cell) * model.contract.output_factor
    inner = (..., slice(border, -border), slice(border, -border))
    assert expected[inner].numel() > 0
    torch.testing.assert_close(output.image[inner], expected[inner])
    inside = torch.zeros(1, 1, 24, 26, dtype=torch.float64)
    inside[..., :-1, 2:] = 1
    assert torch.equal(output.mask, inside)


def test_paper_model_has_the_papers_layers() -> None:
    model = build("sdan", scale=4)
    assert len(model.trunk.body) == 17  # 16 residual blocks and a convolution
    assert model.trunk.head.out_channels == 64
    assert model.reference.conv.in_channels == 12
    assert model.offsets.head.out_channels == 2
    convolutions = sum(isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3) for module in model.modules())
    assert convolutions == 1 + 1 + 3 + 1 + 1 + 33 + 2 + 1  # heads, offsets, deformable, X', body, ×2 ×2, RGB
