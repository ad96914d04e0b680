"""A lens that varies over the field, measured from pairs; the same lens used to simulate more of them; and JSON."""

from __future__ import annotations

from dataclasses import fields

import cv2
import numpy as np
import pytest
from registered import registered_city100
from simulated_lenses import gaussian, inner, leaves, photographed, seen_through, true_mtf50

from opticalzoom.errors import PairError, ShapeError
from opticalzoom.lenses.measured import MeasuredLens, measure_lens
from opticalzoom.lenses.modulation import mtf, mtf50

SCALE, NOISE = 3, 2 / 255
SPREADS = {  # standard deviations along columns and rows in each cell: astigmatism that turns over the field
    (0, 0): (0.5, 0.5), (0, 1): (0.8, 0.4), (0, 2): (0.6, 0.6),
    (1, 0): (0.4, 0.8), (1, 1): (0.35, 0.35), (1, 2): (0.4, 0.7),
    (2, 0): (0.7, 0.7), (2, 1): (0.7, 0.4), (2, 2): (0.9, 0.5),
}  # fmt: skip
RED = (0.2, -0.15)
"""Displacement of red against green, pixels of X."""


def simulated_pair(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y, trusted of a lens with another point spread in each of 3×3 cells."""
    y = leaves(540, 720, seed)
    x = np.empty((180, 240, 3))
    for (row, column), spread in SPREADS.items():
        lenses = gaussian(*spread, shift=RED), gaussian(*spread), gaussian(*spread)
        part = slice(60 * row, 60 * row + 60), slice(80 * column, 80 * column + 80)
        x[part] = seen_through(y, lenses, SCALE)[part]
    return photographed(x, NOISE, seed), y, inner(y, SCALE)


@pytest.fixture(scope="module")
def pairs():
    return [simulated_pair(seed) for seed in range(2)]


@pytest.fixture(scope="module")
def lens(pairs):
    return measure_lens(iter(pairs), SCALE)


def test_sharpness_over_the_field(lens):
    assert lens.grid == (3, 3)
    assert lens.measured.all()
    true = np.array([[true_mtf50(gaussian(*SPREADS[row, column]), SCALE) for column in range(3)] for row in range(3)])
    np.testing.assert_allclose(lens.mtf50, np.repeat(true[..., None], 3, axis=2), rtol=0.03)
    assert (lens.mtf50_doubt < 0.03 * lens.mtf50).all()
    for (row, column), spread in SPREADS.items():
        for direction, sigma in ((0.0, spread[1]), (np.pi / 2, spread[0])):
            along = mtf50(mtf(lens.field[row, column, 1], SCALE, direction))
            alone = mtf50(mtf(measured_gaussian(sigma), SCALE, direction))
            assert along == pytest.approx(alone, rel=0.05)


def measured_gaussian(sigma: float) -> np.ndarray:
    """A Gaussian behind a pixel of X, on a grid of Y that is wide enough, as a sampled kernel."""
    place = np.arange(-22, 23) / SCALE
    line = np.convolve(np.exp(-(place**2) / (2 * sigma**2)), np.ones(SCALE))
    return np.outer(line, line) / line.sum() ** 2


def test_colour_fringes_and_noise(lens):
    np.testing.assert_allclose(lens.chromatic_shift[..., 0, :], np.broadcast_to(RED, (3, 3, 2)), atol=0.03)
    np.testing.assert_allclose(lens.chromatic_shift[..., 1, :], 0, atol=0.03)
    assert (lens.shift_doubt < 0.03).all()
    known = lens.noise_doubt < lens.noise / 4
    assert known.sum() > 15
    true = np.hypot(NOISE, 0.29 / 255)  # and of rounding to 8 bit
    assert (np.abs(lens.noise - true) < 4 * lens.noise_doubt + 0.02 * true)[known].all()


def test_doubt_is_about_what_the_error_is(lens, pairs):
    one = measure_lens(pairs[:1], SCALE)
    error = np.abs(one.mtf50 - lens.mtf50)
    assert 0.3 < np.sqrt(np.mean(np.square(one.mtf50_doubt)) / np.mean(np.square(error))) < 3


def test_cells_without_detail_say_so_and_have_the_whole_fields(pairs):
    x, y, trusted = (array.copy() for array in pairs[0])
    y[:189, :249], x[:63, :83] = 0.5, photographed(np.full((63, 83, 3), 0.5), NOISE)
    trusted[360:, 480:] = False
    found = measure_lens([(x, y, trusted)], SCALE)
    assert found.measured.tolist() == [[False, True, True], [True, True, True], [True, True, False]]
    for cell in ((0, 0), (2, 2)):
        np.testing.assert_array_equal(found.field[cell], found.kernels)


def test_simulated_pictures_are_measured_as_the_same_lens(lens):
    y = leaves(420, 420, 9)
    rng = np.random.default_rng(0)
    drawn = [(lens.degrade(y, rng), y, inner(y, SCALE)) for _ in range(6)]
    assert drawn[0][0].shape == (140, 140, 3)
    assert drawn[0][0].dtype == np.float32
    again = measure_lens(drawn, SCALE, (1, 1))
    assert lens.mtf50.min() < again.mtf50.mean() < lens.mtf50.max()
    known = (lens.noise_doubt < lens.noise / 4) & (again.noise_doubt < again.noise / 4)
    np.testing.assert_allclose(again.noise[known], lens.noise[known], rtol=0.2)


def test_degrading_is_repeatable_takes_any_size_and_keeps_flat_pictures(lens):
    y = np.full((31, 44, 3), 0.4, np.float32)
    one, same = (lens.degrade(y, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    assert one.shape == (10, 14, 3)
    assert one.mean() == pytest.approx(0.4, abs=0.003)
    assert 0 <= lens.degrade(np.ones((9, 9, 3), np.float32), np.random.default_rng(0)).max() <= 1
    for shape in ((2, 9, 3), (9, 9), (9, 9, 4)):
        with pytest.raises(ShapeError, match="expected at least 3×3×3"):
            lens.degrade(np.zeros(shape, np.float32), np.random.default_rng(0))


def test_json_says_all_and_comes_back(lens):
    again = MeasuredLens.from_json(lens.to_json())
    for field in fields(MeasuredLens):
        ours, theirs = getattr(lens, field.name), getattr(again, field.name)
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-6, err_msg=field.name)
        assert np.asarray(ours).dtype == np.asarray(theirs).dtype, field.name
    np.testing.assert_allclose(again.mtf50, lens.mtf50, rtol=1e-4)
    third = MeasuredLens.from_json(again.to_json())
    np.testing.assert_array_equal(third.field, again.field)


def test_what_is_refused(pairs):
    with pytest.raises(PairError, match="no pairs"):
        measure_lens([], SCALE)
    flat = np.full((60, 60, 3), 0.5)
    y, x = photographed(flat, NOISE, 1), photographed(flat[::3, ::3], NOISE, 2)
    with pytest.raises(PairError, match="too little detail"):
        measure_lens([(x, y, np.ones((60, 60), bool))], SCALE)
    with pytest.raises(PairError, match="too few trusted pixels"):
        measure_lens([(*pairs[0][:2], np.zeros_like(pairs[0][2]))], SCALE)


@pytest.mark.parametrize(("camera", "sharpness"), [("iPhoneX", 0.39), ("NikonD5500", 0.35)])
def test_real_lenses_are_found_again_from_other_pairs(camera, sharpness):
    """Two lots of City100 agree within what they say of themselves, and explain X better than area averages do."""
    first, second = (registered_city100(camera, 3, names) for names in (["002", "003", "004"], ["005", "006", "008"]))
    one, other = measure_lens(first, 3), measure_lens(second, 3)
    for found in (one, other):
        np.testing.assert_allclose(mtf50(found.mtf), sharpness, atol=0.03)
    for x, y, _ in second:
        quiet = MeasuredLens(**{**fields_of(one), "noise": np.zeros_like(one.noise), "field": whole_everywhere(one)})
        clean = quiet.degrade(y, np.random.default_rng(0))
        averaged = cv2.resize(y, x.shape[1::-1], interpolation=cv2.INTER_AREA)
        assert np.square(clean - x).mean() < 0.95 * np.square(averaged - x).mean()


def fields_of(lens: MeasuredLens) -> dict[str, object]:
    """Its fields by name."""
    return {field.name: getattr(lens, field.name) for field in fields(MeasuredLens)}


def whole_everywhere(lens: MeasuredLens) -> np.ndarray:
    """The whole field's point spread in each cell."""
    return np.broadcast_to(lens.kernels, lens.field.shape)
