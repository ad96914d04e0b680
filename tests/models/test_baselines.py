"""Bicubic interpolation as a model."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from opticalzoom.models import build


def test_bicubic_rows() -> None:
    x = torch.rand(1, 3, 5, 6)
    torch.testing.assert_close(build("bicubic", scale=3)(x).image, F.interpolate(x, (15, 18), mode="bicubic"))
    assert torch.equal(build("bicubic", scale=3, input="resized")(x).image, x)
    mosaic = torch.tensor([0.2, 0.3, 0.5, 0.8]).view(1, 4, 1, 1).expand(1, 4, 3, 2)
    flat = torch.tensor([0.2, 0.4, 0.8]).view(1, 3, 1, 1).expand(1, 3, 12, 8)
    torch.testing.assert_close(build("bicubic", scale=2, input="raw")(mosaic).image, flat)
