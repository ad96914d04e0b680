"""Partners among many shots of which all may show the same."""

from __future__ import annotations

import numpy as np
import pytest

from opticalzoom.pairs.scenes.glance import Glance, Sighting
from opticalzoom.pairs.scenes.pairing import candidates, choose


def movement(frames: int, ratio: float = 1.85) -> dict[tuple[int, int], Sighting]:
    """A camera with two lenses walks: frame i's wide shot is number 2i, its long one 2i + 1; all see each other."""
    found = {}
    for wide in range(frames):
        for long in range(frames):
            step = long - wide
            found[2 * wide, 2 * long + 1] = Sighting(ratio * 0.97**step, ratio, (0.01 * step, 0.02 * step), 60 - step)
            if wide < long:
                found[2 * wide, 2 * long] = Sighting(1.03**step, 1.03**step, (0.0, 0.0), 90)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_partners_of_a_moving_camera_are_those_that_lie_alike(seed):
    numbers = np.random.default_rng(seed).permutation(12)
    sightings = {(int(numbers[a]), int(numbers[b])): seen for (a, b), seen in movement(6).items()}
    expected = sorted((int(numbers[2 * frame]), int(numbers[2 * frame + 1])) for frame in range(6))
    assert choose(sightings, [f"p{number}" for number in range(12)]) == expected


def test_one_scene_at_four_focal_lengths_gives_every_ratio():
    lengths = (24, 35, 50, 100)
    sightings = {
        (a, b): Sighting(lengths[b] / lengths[a], lengths[b] / lengths[a], (0.0, 0.0), 50)
        for a in range(4)
        for b in range(a + 1, 4)
    }
    assert choose(sightings, list("abcd")) == sorted(sightings)


def test_shots_of_one_focal_length_are_no_pairs():
    assert choose({(0, 1): Sighting(1.05, 1.05, (0.0, 0.0), 200)}, ["a", "b"]) == []


def test_names_are_a_hint_where_the_pictures_do_not_decide():
    alike = Sighting(2.0, 2.0, (0.0, 0.0), 50)
    sightings = {(wide, long): alike for wide in (0, 1) for long in (2, 3)}
    assert choose(sightings, ["s2-w", "s1-w", "s1-l", "s2-l"]) == [(0, 3), (1, 2)]


def test_of_many_shots_only_likely_ones_are_compared():
    rng = np.random.default_rng(0)

    def drawn(count):
        rows = np.abs(rng.standard_normal((count, 128))).astype(np.float32) ** 2
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    scenes = [drawn(80) for _ in range(40)]
    glances = [
        Glance((9, 9), (9, 9), np.zeros((80, 2), np.float32), np.roll(scene, shift, axis=0))
        for shift in (0, 7)
        for scene in scenes
    ]
    found = candidates(glances)
    assert set(found) >= {(number, number + 40) for number in range(40)}
    assert len(found) <= 80 * 16
    assert len(found) < 0.1 * 80 * 79 / 2
