"""Bicubic interpolation and a linear filter as models."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from networks import INPUTS, network_input

from opticalzoom.lenses.linear_filter import LinearFilter
from opticalzoom.models import build
from opticalzoom.models.baselines import Linear


def test_bicubic_rows() -> None:
    x = torch.rand(1, 3, 5, 6)
    torch.testing.assert_close(build("bicubic", scale=3)(x).image, F.interpolate(x, (15, 18), mode="bicubic"))
    assert torch.equal(build("bicubic", scale=3, input="resized")(x).image, x)
    mosaic = torch.tensor([0.2, 0.3, 0.5, 0.8]).view(1, 4, 1, 1).expand(1, 4, 3, 2)
    flat = torch.tensor([0.2, 0.4, 0.8]).view(1, 3, 1, 1).expand(1, 3, 12, 8)
    torch.testing.assert_close(build("bicubic", scale=2, input="raw")(mosaic).image, flat)


def test_a_linear_network_zooms_as_the_filter_it_was_made_of() -> None:
    rng = np.random.default_rng(0)
    for scale, radius in [(2, 1), (3, 5)]:
        kernels = rng.normal(0, 0.02, (3, scale**2, 2 * radius + 1, 2 * radius + 1)).astype(np.float32)
        measured, x = LinearFilter(scale, kernels), rng.random((13, 21, 3), np.float32)
        network = Linear.of(measured)
        got = network(torch.from_numpy(x).permute(2, 0, 1)[None]).image
        np.testing.assert_allclose(got[0].permute(1, 2, 0).detach(), measured.zoom(x), atol=1e-5)
        assert network.contract.receptive_field == max(radius, 2)


def test_a_linear_network_begins_as_bicubic_and_can_be_trained() -> None:
    for kind in INPUTS:
        network = build("linear", scale=2, input=kind)
        x = network_input(network, 6, 8)
        torch.testing.assert_close(network(x).image, build("bicubic", scale=2, input=kind)(x).image)
        network(x).image.square().sum().backward()
        assert network.filter.weight.grad.abs().min() > 0
