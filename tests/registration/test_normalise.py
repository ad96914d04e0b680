"""Local normalisation: what must not count, and what must."""

from __future__ import annotations

import numpy as np
from helpers import noise

from opticalzoom.registration.normalise import coarse_correlation, evidence_of, local_correlation, normalise_locally


def picture():
    return noise(120, 160).astype(np.float32)


def test_exposure_and_contrast_do_not_count():
    plain, other = normalise_locally(picture()), normalise_locally(0.5 * picture() + 60)
    assert np.abs(plain.astype(int) - other).mean() < 1


def test_shading_does_not_count():
    shade = np.linspace(0.6, 1, 160, dtype=np.float32)
    assert local_correlation(normalise_locally(picture()), normalise_locally(picture() * shade)) > 0.98


def test_the_noise_of_flat_parts_stays_small():
    flat = 100 + np.random.default_rng(0).normal(0, 0.3, (80, 80)).astype(np.float32)
    assert normalise_locally(flat).std() < 40 * 0.3 / 2 + 1  # 40 for a contrast of the noise that is not raised


def test_correlation_is_pearsons_around_grey():
    a, b = (np.random.default_rng(seed).integers(0, 256, (50, 60)).astype(np.uint8) for seed in (0, 1))
    mixed = ((a.astype(int) + b) // 2).astype(np.uint8)
    centred_a, centred_m = a.astype(float) - 128, mixed.astype(float) - 128
    expected = (centred_a * centred_m).sum() / np.sqrt((centred_a**2).sum() * (centred_m**2).sum())
    np.testing.assert_allclose(local_correlation(a, mixed), expected, rtol=1e-5)
    assert local_correlation(a, np.full_like(a, 128)) == 0
    np.testing.assert_allclose(local_correlation(a, a), 1, rtol=1e-6)


def test_evidence_is_where_something_is_to_be_seen_whatever_the_noise():
    rng = np.random.default_rng(0)
    scene = np.full((200, 300), 100, np.float32)
    scene[:, :100] += 60 * rng.random((200, 100), np.float32).round()  # texture
    for noise_level in (0.3, 2.0):
        noisy = scene + rng.normal(0, noise_level, scene.shape).astype(np.float32)
        found = evidence_of(noisy, 1.5)
        assert found[:, 20:80].min() > 0.9
        assert found[:, 180:].max() < 0.1


def test_a_weight_chooses_what_correlates():
    a, b = (noise(40, 50, seed=seed) for seed in (0, 1))
    mixed = np.concatenate([a[:, :25], b[:, 25:]], axis=1)
    weight = np.zeros((40, 50), np.float32)
    weight[:, :25] = 1
    np.testing.assert_allclose(local_correlation(a, mixed, weight), 1, rtol=1e-6)
    assert abs(local_correlation(a, mixed, 1 - weight)) < 0.2


def test_coarse_details_have_to_agree_size_by_size():
    fine = noise(400, 400, seed=0).astype(np.float32) - 128
    one, other = (np.kron(noise(10, 10, seed=seed), np.ones((40, 40))).astype(np.float32) for seed in (1, 2))
    shown = np.ones((400, 400), bool)
    assert coarse_correlation(one + fine, one * 0.5 + 30, shown) > 0.95  # another exposure, without the fine details
    assert coarse_correlation(one + fine, other + fine, shown) < 0.4
    assert coarse_correlation(np.full((400, 400), 90.0, np.float32), one, shown) == 1  # nothing to compare
    half = np.where(np.arange(400) < 200, one, other)
    assert coarse_correlation(one, half, shown & (np.arange(400) < 200)) > 0.99
