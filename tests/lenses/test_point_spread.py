"""Point spreads of lenses whose transfer is known: sharpness, centre, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_lenses import contrast, disc, gaussian, inner, leaves, photographed, seen_through, true_mtf50

from opticalzoom.errors import PairError, ShapeError
from opticalzoom.lenses.modulation import FREQUENCIES, displacement, mtf, mtf50
from opticalzoom.lenses.point_spread import PARTS, WIDTH, PointSpread, solve_spread, spread_equations, through_lens

Y = leaves(360, 480)
LENSES = {
    "sharp": gaussian(0.25),
    "soft": gaussian(0.9),
    "defocused": disc(1.4),
    "astigmatic": gaussian(0.8, 0.4),
    "displaced": gaussian(0.5, shift=(0.25, -0.4)),
}


def measured(x: np.ndarray, y: np.ndarray, trusted: np.ndarray, scale: int) -> PointSpread:
    """The point spread of the whole field."""
    (parts,) = spread_equations(x, y, trusted, scale, (1, 1))
    return solve_spread(parts, scale)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", LENSES)
def test_a_known_lens_is_measured_within_three_percent(name, scale):
    lens = LENSES[name]
    x = photographed(seen_through(Y, (lens, lens, lens), scale), 1.5 / 255)
    found = measured(x, Y, inner(Y, scale), scale)
    assert found.kernels.shape == (3, WIDTH * scale, WIDTH * scale)
    np.testing.assert_allclose(found.kernels.sum(axis=(1, 2)), 1, atol=1e-5)
    np.testing.assert_allclose(mtf50(mtf(found.kernels, scale)), true_mtf50(lens, scale), rtol=0.03)
    for direction in (0.0, np.pi / 4, np.pi / 2):
        curve = mtf(found.kernels, scale, direction)
        np.testing.assert_allclose(curve - contrast(lens, scale, direction, FREQUENCIES), 0, atol=0.05)


def test_eight_times_as_large_is_measured_on_means_of_y():
    y, lens = leaves(480, 640, seed=3), gaussian(0.6)
    found = measured(photographed(seen_through(y, (lens,) * 3, 8), 1 / 255), y, inner(y, 8), 8)
    assert found.kernels.shape == (3, 40, 40)
    assert (found.kernels[:, ::2] == found.kernels[:, 1::2]).all()
    np.testing.assert_allclose(mtf50(mtf(found.kernels, 8)), true_mtf50(lens, 8), rtol=0.03)


def test_scales_between():
    for scale, side in ((5, 25), (6, 30)):
        y = Y[: 360 // scale * scale, : 480 // scale * scale]
        found = measured(photographed(seen_through(y, (gaussian(0.6),) * 3, scale), 1 / 255), y, inner(y, scale), scale)
        assert found.kernels.shape == (3, side, side)
        np.testing.assert_allclose(mtf50(mtf(found.kernels, scale)), true_mtf50(gaussian(0.6), scale), rtol=0.03)


@pytest.mark.parametrize("scale", [2, 3])
def test_colours_that_lie_beside_each_other(scale):
    lenses = gaussian(0.5, shift=(0.3, 0.1)), gaussian(0.5), gaussian(0.6, shift=(-0.2, 0.25))
    found = measured(photographed(seen_through(Y, lenses, scale), 1 / 255), Y, inner(Y, scale), scale).kernels
    shifts = displacement(found[::2], found[1], scale)
    np.testing.assert_allclose(shifts, [(0.3, 0.1), (-0.2, 0.25)], atol=0.02)


def test_a_lens_without_displacement_is_centred_on_the_pixel():
    """X's pixel centres lie (s − 1)/2 from Y's: a kernel that is off by half a pixel of Y would show here."""
    for scale in (2, 3):
        found = measured(photographed(seen_through(Y, (gaussian(0.4),) * 3, scale), 1 / 255), Y, inner(Y, scale), scale)
        turned = found.kernels[:, ::-1, ::-1]
        np.testing.assert_allclose(displacement(found.kernels, turned, scale), 0, atol=0.02)


def test_exposure_white_balance_and_vignetting_do_not_matter():
    lens, scale = gaussian(0.6), 3
    x = seen_through(Y, (lens,) * 3, scale)
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    v, u = np.meshgrid(*(np.linspace(-1, 1, side) for side in x.shape[:2]), indexing="ij")
    linear *= (1 - 0.3 * (u**2 + v**2))[..., None] * [1.2, 0.9, 1.05]
    exposed = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    found = measured(photographed(exposed, 1 / 255), Y, inner(Y, scale), scale)
    np.testing.assert_allclose(mtf50(mtf(found.kernels, scale)), true_mtf50(lens, scale), rtol=0.03)


def test_clipped_and_untrusted_places_do_not_matter():
    lens, scale = gaussian(0.6), 3
    bright = np.clip(Y * 1.4, 0, 1)  # a tenth of it is clipped, and X never saw the clipping
    x = seen_through(Y * 1.4, (lens,) * 3, scale)
    trusted = inner(Y, scale)
    x[20:60, 30:90], trusted[60:180, 90:270] = 0.5, False
    found = measured(photographed(x, 1 / 255), bright.astype(np.float32), trusted, scale)
    np.testing.assert_allclose(mtf50(mtf(found.kernels, scale)), true_mtf50(lens, scale), rtol=0.03)


def test_noise_alone_has_no_clarity_and_a_photograph_has():
    flat = np.full((120, 150, 3), 0.5)
    y, x = photographed(flat, 2 / 255, 1), photographed(flat[::3, ::3], 2 / 255, 2)
    assert measured(x, y, inner(y, 3), 3).clarity < 3
    x = photographed(seen_through(Y, (gaussian(0.5),) * 3, 3), 2 / 255)
    assert measured(x, Y, inner(Y, 3), 3).clarity > 30


def test_cells_are_the_parts_of_the_field():
    scale = 2
    sharp, soft = (seen_through(Y, (gaussian(sigma),) * 3, scale) for sigma in (0.4, 0.8))
    x = photographed(np.concatenate([sharp[:, :120], soft[:, 120:]], axis=1), 1 / 255)
    cells = spread_equations(x, Y, inner(Y, scale), scale, (1, 2))
    assert [len(parts) for parts in cells] == [PARTS, PARTS]
    for parts, sigma in zip(cells, (0.4, 0.8), strict=True):
        found = mtf50(mtf(solve_spread(parts, scale).kernels, scale))
        np.testing.assert_allclose(found, true_mtf50(gaussian(sigma), scale), rtol=0.03)


def test_what_is_expected_fills_in_for_detail_that_is_missing():
    scale, lens = 2, gaussian(0.7)
    x = photographed(seen_through(Y, (lens,) * 3, scale), 3 / 255)
    (parts,) = spread_equations(x, Y, inner(Y, scale), scale, (1, 1))
    whole = solve_spread(parts, scale)
    few = inner(Y, scale)
    few[:], few[130:230, 180:300] = False, True  # about the middle, where all four parts meet
    (small,) = spread_equations(x, Y, few, scale, (1, 1))
    error = [
        np.abs(mtf50(mtf(solve_spread(small, scale, around).kernels, scale)) / true_mtf50(lens, scale) - 1).max()
        for around in (None, whole)
    ]
    assert error[1] < error[0]
    assert error[1] < 0.06


@pytest.mark.parametrize("scale", [2, 3])
def test_y_through_the_measured_lens_is_x(scale):
    lens = gaussian(0.6, shift=(0.1, -0.2))
    clean = seen_through(Y, (lens,) * 3, scale)
    found = measured(photographed(clean, 1 / 255), Y, inner(Y, scale), scale)
    again = through_lens(Y, found.kernels, scale)
    assert again.shape == clean.shape
    assert np.abs(again - clean)[4:-4, 4:-4].mean() < 0.5 / 255


def test_what_is_refused():
    x, y = np.full((20, 20, 3), 0.5, np.float32), np.full((40, 40, 3), 0.5, np.float32)
    with pytest.raises(ShapeError, match="expected Y ×3 of X"):
        spread_equations(x, y, np.ones((40, 40), bool), 3, (1, 1))
    with pytest.raises(ShapeError, match="expected at least 5 a side"):
        spread_equations(x[:4], y[:8], np.ones((8, 40), bool), 2, (1, 1))
    (parts,) = spread_equations(x, y, np.zeros((40, 40), bool), 2, (1, 1))
    with pytest.raises(PairError, match="too few trusted pixels"):
        solve_spread(parts, 2)
