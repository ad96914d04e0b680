"""Displacements that are known: shifts, affine motions, layers, and none at all."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import texture
from skimage.registration import phase_cross_correlation
from torch import Tensor

from opticalzoom.models.align import inside_mask, warp_smoothly
from opticalzoom.models.matching import match, separate, translation
from opticalzoom.models.motion import normalise_contrast


def error(found: Tensor, true: Tensor) -> Tensor:
    """End-point errors where the true displacement stays inside the picture."""
    return (found - true).norm(dim=1, keepdim=True)[inside_mask(true).bool()]


def grid(size: int) -> tuple[Tensor, Tensor]:
    side = torch.linspace(-1, 1, size)
    rows, columns = torch.meshgrid(side, side, indexing="ij")
    return rows, columns


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.0, -7.0), (-12.0, 10.0), (0.5, -0.25), (-5.3, 8.6)])
def test_shifts_of_any_length_are_found(shift):
    picture = texture(64, 72)
    true = torch.tensor(shift).view(1, 2, 1, 1).expand(1, 2, 64, 72)
    errors = error(match(picture, warp_smoothly(picture, true)), true)
    assert errors.median() < 0.05
    assert errors.quantile(0.9) < 0.2


def test_affine_motion_with_another_exposure():
    picture = texture(64, 64, seed=1)
    rows, columns = grid(64)
    true = torch.stack((2 + 1.5 * rows - columns, -4 + columns + 0.8 * rows))[None]
    darker = warp_smoothly(picture, true) * torch.tensor([0.5, 0.6, 0.55]).view(1, 3, 1, 1) + 0.1
    assert error(match(picture, darker), true).median() < 0.1


def test_layers_that_move_differently_are_told_apart():
    picture = texture(96, 96, seed=2)
    true = torch.zeros(1, 2, 96, 96)
    true[:, 1, :, 48:] = 3.0
    found = match(picture, warp_smoothly(picture, true), radius=4)
    for columns in (slice(8, 38), slice(58, 85)):
        part = (..., slice(8, 88), columns)
        assert (found[part] - true[part]).norm(dim=1).median() < 0.3


@pytest.mark.parametrize("parallax", [(0, 4), (-3, 3), (5, 0)])
def test_a_layer_in_front_is_found_up_to_its_silhouette(parallax):
    picture = texture(64, 64, seed=5)
    rows, columns = grid(64)
    front = (rows - 0.2).square() + (columns + 0.1).square() < 0.5**2  # a fifth of the picture
    true = torch.tensor([1.0, -2.0]).view(1, 2, 1, 1) + front * torch.tensor(parallax).view(1, 2, 1, 1)
    wrong = (match(picture, warp_smoothly(picture, true)) - true).norm(dim=1) > 1
    distance = ((rows - 0.2).square() + (columns + 0.1).square()).sqrt() * 32 - 16
    inside = inside_mask(true)[:, 0].bool()
    assert wrong[inside & (distance.abs() > 3)].float().mean() < 0.01
    assert wrong[inside & (distance.abs() <= 3)].float().mean() < 0.25


def test_one_motion_is_not_torn_into_two():
    picture = texture(64, 64, seed=6)
    rows, columns = grid(64)
    bent = torch.stack((2 + rows * columns, -3 + 0.7 * rows.square()))[None]
    x, y = (normalise_contrast(part) for part in (picture, warp_smoothly(picture, bent)))
    assert torch.equal(separate(x, y, bent, translation(x, y)), bent)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 4), (48, 48), (33, 70)])
def test_equal_pictures_do_not_move(size):
    picture = texture(*size) if min(size) > 8 else torch.rand(1, 3, *size)
    assert match(picture, picture).abs().max() < 1e-4
    flat = torch.full((1, 3, *size), 0.4)
    assert match(flat, flat).abs().max() < 1e-4


@settings(max_examples=10, deadline=None)
@given(st.integers(-14, 14), st.integers(-14, 14))
def test_translation_agrees_with_phase_correlation(dy, dx):
    scene = texture(80, 80, seed=3)
    x, y = scene[..., 16:64, 16:64], scene[..., 16 + dy : 64 + dy, 16 + dx : 64 + dx]
    x, y = normalise_contrast(x), normalise_contrast(y)
    assert translation(x, y)[0].tolist() == [dy, dx]
    inner = [part[0, 0].numpy() for part in (x, y)]
    shift, *_ = phase_cross_correlation(inner[1], inner[0], normalization=None)
    if max(abs(dy), abs(dx)) <= 6:  # it wraps around: farther than that it is wrong on its own account
        np.testing.assert_allclose(-shift, [dy, dx], atol=1)
