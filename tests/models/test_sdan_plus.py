"""SDAN+: aligned by what it is shown, and exactly the base network without a reference."""

from __future__ import annotations

import pytest
import torch
from networks import texture
from torch.nn.functional import avg_pool2d, interpolate

from opticalzoom.errors import ModelError
from opticalzoom.models import build
from opticalzoom.models.align import warp_smoothly


def smooth_zoom(warped: str = "picture") -> torch.nn.Module:
    """A network that has learned nothing: its residual is zero, so it zooms bicubically."""
    model = build("sdan_plus", scale=2, features=4, blocks=1, warped=warped).eval()
    torch.nn.init.zeros_(model.trunk.tail[0].weight)
    torch.nn.init.zeros_(model.trunk.tail[0].bias)
    return model


@pytest.mark.parametrize("warped", ["picture", "features"])
def test_the_result_lies_where_the_reference_shows_it(warped):
    large = texture(96, 96, seed=4)
    large = interpolate(large, scale_factor=2, mode="bicubic").clamp(0, 1)
    moved = warp_smoothly(large, torch.tensor([7.0, -10.0]).view(1, 2, 1, 1).expand(1, 2, 192, 192))
    x, reference = avg_pool2d(large, 2), avg_pool2d(moved, 2)
    output = smooth_zoom(warped)(x, reference)
    part = (..., slice(30, 160), slice(30, 160))
    unaligned = smooth_zoom().forward_unaligned(x).image
    assert (output.image - moved)[part].abs().mean() < 0.25 * (unaligned - moved)[part].abs().mean()
    assert (output.offset - torch.tensor([3.5, -5.0]).view(1, 2, 1, 1))[..., 15:80, 15:80].abs().median() < 0.05
    assert output.mask.unique().tolist() == [0, 1]


@pytest.mark.parametrize("kind", ["rgb", "resized", "raw"])
def test_its_own_reference_changes_nothing(kind):
    model = build("sdan_plus", scale=2, input=kind, features=4, blocks=1).eval()
    x = torch.rand(1, model.contract.channels, 30, 34)
    with torch.no_grad():
        alone = model(x)
        assert alone.offset is None
        torch.testing.assert_close(alone.image, model.forward_unaligned(x).image)
        if kind == "rgb":
            torch.testing.assert_close(model(x, x).image, alone.image, atol=1e-4, rtol=0)


def test_pixels_teach_the_network_through_the_warp():
    model = build("sdan_plus", scale=3, features=4, blocks=1)
    x = texture(24, 24)
    output = model(x, torch.roll(x, 2, -1))
    output.image.square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())
    assert not output.offset.requires_grad


def test_wrong_arguments_are_named():
    with pytest.raises(ModelError, match="radius is -1"):
        build("sdan_plus", scale=2, radius=-1)
    with pytest.raises(ModelError, match="warped is 'all'"):
        build("sdan_plus", scale=2, warped="all")
