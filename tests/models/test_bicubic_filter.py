"""Bicubic enlargement against PyTorch's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from opticalzoom.models.bicubic_filter import enlarge_bicubic


@pytest.mark.parametrize("factor", [2, 3, 4, 6, 8, 16])
@pytest.mark.parametrize("size", [(1, 1), (2, 5), (7, 3)])
def test_equals_interpolate(factor: int, size: tuple[int, int]) -> None:
    image = torch.rand(2, 4, *size, dtype=torch.float64)
    expected = F.interpolate(image, scale_factor=factor, mode="bicubic")
    torch.testing.assert_close(enlarge_bicubic(image, factor), expected, atol=1e-13, rtol=0)


def test_a_part_of_a_large_picture_equals_the_whole() -> None:
    """Which weights that are computed from positions don't: a float32 has no room for thirds far from the corner."""
    image = torch.rand(1, 3, 8, 1500)
    part = enlarge_bicubic(image[..., 1400:1420], 3)
    torch.testing.assert_close(enlarge_bicubic(image, 3)[..., 4206:4254], part[..., 6:54], atol=5e-7, rtol=0)


def test_autocast_leaves_the_picture_its_bits() -> None:
    image = torch.rand(1, 3, 6, 6)
    expected = enlarge_bicubic(image, 2)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(enlarge_bicubic(image, 2), expected)
