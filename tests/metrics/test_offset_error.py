"""End-point errors of offsets that are known."""

from __future__ import annotations

import math

import pytest
import torch

from opticalzoom.errors import ShapeError
from opticalzoom.metrics import end_point_error


def test_lengths_by_pythagoras_pixel_by_pixel():
    generator = torch.Generator().manual_seed(0)
    offset, truth = (torch.randn(2, 2, 3, 4, generator=generator, dtype=torch.float64) for _ in range(2))
    expected = [
        math.hypot(*(offset[n, :, i, j] - truth[n, :, i, j]).tolist())
        for n in range(2)
        for i in range(3)
        for j in range(4)
    ]
    assert end_point_error(offset, truth).tolist() == pytest.approx(expected)


def test_only_pixels_of_the_mask_count():
    truth = torch.zeros(2, 2, 4, 5)
    offset = torch.full_like(truth, 100)
    offset[0, :, 1, 2] = torch.tensor([3.0, -4.0])
    offset[1, :, 3, 0] = torch.tensor([0.0, 2.0])
    mask = torch.zeros(2, 1, 4, 5, dtype=torch.bool)
    mask[0, 0, 1, 2] = mask[1, 0, 3, 0] = True
    assert end_point_error(offset, truth, mask).tolist() == [5, 2]
    assert end_point_error(offset, truth, torch.zeros_like(mask)).tolist() == []


@pytest.mark.parametrize(("one", "other"), [((1, 3, 4, 5), (1, 3, 4, 5)), ((1, 2, 4, 5), (1, 2, 5, 4))])
def test_other_shapes_are_refused(one, other):
    with pytest.raises(ShapeError, match="N×2×H×W"):
        end_point_error(torch.zeros(one), torch.zeros(other))
