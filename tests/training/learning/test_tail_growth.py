"""A network for another scale begins where the old one is."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from networks import texture

from opticalzoom.engines.checkpoint import load_model, read_weights
from opticalzoom.metrics import psnr
from opticalzoom.models import build
from opticalzoom.training.learning.tail_growth import grow_tail


@pytest.mark.parametrize("scale", [2, 4])
def test_it_zooms_as_the_old_network_resampled(scale):
    old = load_model("city100-x3")
    new = build("sdan_plus", scale=scale, blocks=6).eval()
    state = new.state_dict()
    new.load_state_dict({**state, **{n: v for n, v in read_weights("city100-x3").items() if v.shape == state[n].shape}})
    grow_tail(old, new, [texture(96, 96, seed) for seed in range(4)])
    x = texture(64, 80, seed=9)
    with torch.no_grad():
        found = new.forward_unaligned(x).image
        wanted = F.interpolate(old.forward_unaligned(x).image, found.shape[-2:], mode="bicubic", antialias=True)
        bicubic = build("bicubic", scale=scale)(x).image
    inside = (..., slice(8, -8), slice(8, -8))
    assert psnr(found[inside], wanted[inside]) > psnr(bicubic[inside], wanted[inside]) + 10


def test_the_same_scale_gives_the_same_network():
    torch.manual_seed(1)
    old = build("sdan_plus", scale=2, features=6, blocks=1).eval()
    new = build("sdan_plus", scale=2, features=6, blocks=1).eval()
    new.load_state_dict(old.state_dict())
    grow_tail(old, new, [torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) for seed in range(3)])
    x = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        torch.testing.assert_close(new.forward_unaligned(x).image, old.forward_unaligned(x).image, rtol=0, atol=2e-3)
