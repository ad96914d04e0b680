from __future__ import annotations

from datetime import timedelta
from itertools import chain

import numpy as np
import pytest
from cards import START, photograph, picture, write_card, write_jpeg
from PIL import Image

from opticalzoom.pairs.scenes.content import SAME, likeness, split_by_content
from opticalzoom.pairs.scenes.sequence import find_scenes
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.siblings import Shot

SIZE = (160, 240)


@pytest.fixture(scope="module")
def wholes():
    return [picture(np.random.default_rng(seed), 700, 1050) for seed in range(3)]


def grey(whole, zoom, seed=0, gamma=1.0):
    pixels = photograph(whole, zoom, SIZE, np.random.default_rng(seed), motion=0.02)
    return np.uint8(255 * (pixels.mean(axis=2) / 255) ** gamma)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.9, 5.0])
def test_the_same_scene_looks_alike_at_two_focal_lengths_and_others_do_not(wholes, ratio):
    shorts = [grey(whole, 1.0, seed) for seed, whole in enumerate(wholes)]
    longs = [grey(whole, ratio, 9 + seed, gamma=0.7) for seed, whole in enumerate(wholes)]
    table = np.array([[likeness(short, long, ratio) for long in longs] for short in shorts])
    assert np.array_equal(table > SAME, np.eye(3, dtype=bool)), table.round(2)


def test_an_upright_shot_beside_a_level_one_is_no_error(wholes):
    level = grey(wholes[0], 1.0)
    assert -1 <= likeness(level, np.ascontiguousarray(level.T), 1.0) <= 1
    assert -1 <= likeness(np.ascontiguousarray(level.T), level, 8.0) <= 1


def test_a_burst_of_several_scenes_is_parted_by_what_it_shows(tmp_path):
    card = write_card(tmp_path, scenes=3, focal_lengths=(100.0, 50.0, 24.0), size=SIZE)
    for number, path in enumerate(chain(*card)):
        retime(path, number)
    scenes, problems = find_scenes(tmp_path)
    assert problems == []
    assert [[shot.photo for shot in scene.shots] for scene in scenes] == card


def test_photos_without_time_are_parted_by_what_they_show(tmp_path):
    card = write_card(tmp_path, scenes=2, focal_lengths=(100.0, 35.0), size=SIZE)
    for path in chain(*card):
        retime(path, None)
    assert [[shot.photo for shot in scene.shots] for scene in find_scenes(tmp_path)[0]] == card


def retime(path, seconds):
    """Write the photo again, as taken so many seconds after the start, or at a time unknown."""
    with Image.open(path) as photo:
        length = float(photo.getexif().get_ifd(0x8769)[0x920A])
        pixels = np.asarray(photo)
    write_jpeg(path, pixels, focal_length=length, time=None if seconds is None else START + timedelta(seconds=seconds))


def test_shots_that_cannot_be_seen_stay_where_they_are(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff")
    shots = [Shot(tmp_path / "bad.jpg", None, Metadata(focal_length=length)) for length in (24.0, 50.0, 24.0)]
    shots.append(Shot(None, tmp_path / "a.arw", Metadata()))
    assert split_by_content(shots) == [shots]
    assert split_by_content([]) == []
