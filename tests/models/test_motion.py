"""Motions that are known: affine fields, fractions of a pixel, and filters that others have written."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import texture
from skimage.filters import gaussian as reference_gaussian
from torch import Tensor

from opticalzoom.models.align import warp_smoothly
from opticalzoom.models.motion import fit_affine, fit_motion, gaussian, normalise_contrast, refine, regularise


def grid(size: int) -> tuple[Tensor, Tensor]:
    side = torch.linspace(-1, 1, size)
    rows, columns = torch.meshgrid(side, side, indexing="ij")
    return rows, columns


def test_affine_fit_is_exact_and_ignores_outliers():
    rows, columns = grid(20)
    field = torch.stack((1 + 2 * rows, 3 - columns + rows))[None]
    weight = torch.ones(1, 1, 20, 20)
    spoilt = field.clone()
    spoilt[..., :4, :4] += 30
    torch.testing.assert_close(fit_affine(field, weight), field, atol=0.05, rtol=0)  # the ridge pulls a little
    assert (fit_affine(spoilt, weight, rounds=10) - field).abs().max() < 0.5


@pytest.mark.parametrize("sigma", [0.7, 2.0, 4.0])
def test_gaussian_is_scikit_images(sigma):
    image = torch.rand(2, 3, 21, 17, dtype=torch.float64)
    reach = int(2.5 * sigma + 0.5)
    wanted = reference_gaussian(image[1, 2].numpy(), sigma, mode="nearest", truncate=reach / sigma)
    np.testing.assert_allclose(gaussian(image, sigma)[1, 2].numpy(), wanted, atol=1e-12)


def test_affine_fit_is_numpys_weighted_least_squares():
    rows, columns = (part.numpy() for part in grid(16))
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.5, 1.5, (16, 16))
    field = np.stack((0.4 + 0.2 * rows, -0.3 + 0.1 * columns)) + rng.normal(0, 0.01, (2, 16, 16))
    basis = np.stack((np.ones((16, 16)), rows, columns), axis=-1).reshape(-1, 3)
    root = np.sqrt(weight).reshape(-1, 1)
    solved, *_ = np.linalg.lstsq(basis * root, field.reshape(2, -1).T * root, rcond=None)
    found = fit_affine(torch.from_numpy(field).float()[None], torch.from_numpy(weight).float()[None, None], rounds=1)
    np.testing.assert_allclose(found[0].numpy(), (basis @ solved).T.reshape(2, 16, 16), atol=0.01)  # the ridge


@pytest.mark.parametrize(("dy", "dx"), [(0.4, -0.3), (-0.6, 0.0), (0.25, 0.75)])
def test_fractions_of_a_pixel_are_refined(dy, dx):
    x = texture(64, 64)
    true = torch.tensor((dy, dx)).view(1, 2, 1, 1).expand(1, 2, 64, 64)
    y = warp_smoothly(x, true)
    x, y = normalise_contrast(x), normalise_contrast(y)
    layer = torch.ones(1, 1, 64, 64)
    for found in (refine(x, y, torch.zeros(1, 2, 64, 64), layer), fit_motion(x, y, torch.zeros(1, 2, 64, 64), layer)):
        assert (found - true).norm(dim=1)[:, 8:-8, 8:-8].median() < 0.1


def test_an_affine_motion_is_kept_and_a_lonely_outlier_is_not():
    rows, columns = grid(40)
    field = torch.stack((0.5 + 0.3 * rows, 0.2 - 0.3 * columns))[None]
    weight = torch.ones(1, 1, 40, 40)
    torch.testing.assert_close(regularise(field, weight), field, atol=0.02, rtol=0)
    spoilt = field.clone()
    spoilt[..., 20, 20] += 20
    assert (regularise(spoilt, weight) - field).abs().max() < 0.2


def test_contrast_is_normalised_whatever_gain_and_offset_a_picture_has():
    picture = texture(48, 48)
    plain, dimmed = normalise_contrast(picture), normalise_contrast(0.6 * picture + 0.1)
    assert plain.shape == (1, 1, 48, 48)
    assert abs(float(plain.mean())) < 0.1
    assert float(plain.std()) == pytest.approx(1, abs=0.15)
    torch.testing.assert_close(plain, dimmed, atol=0.06, rtol=0)
