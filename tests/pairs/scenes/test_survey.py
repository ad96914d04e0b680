"""What is on a card, with EXIF, without it, and with EXIF that lies."""

from __future__ import annotations

import random
import re
import shutil
from datetime import timedelta

import numpy as np
import pytest
from cards import START, photograph, picture, write_card, write_jpeg
from PIL import Image
from places import SHARED

from opticalzoom.errors import PairError
from opticalzoom.pairs.scenes.survey import survey

SIZE = (240, 360)
REAL = SHARED / "data" / "real-pairs"


def anonymous(card, folder, seed=0):
    """The photos without EXIF, under names that tell nothing: new name -> scene's number."""
    folder.mkdir()
    files = [(path, number) for number, scene in enumerate(card) for path in scene]
    random.Random(seed).shuffle(files)
    scenes = {}
    for count, (path, number) in enumerate(files):
        with Image.open(path) as photo:
            Image.fromarray(np.asarray(photo)).save(folder / f"{count:03}.jpg", quality=95)
        scenes[f"{count:03}"] = number
    return scenes


def test_a_card_with_exif_is_told_in_one_line(tmp_path):
    write_card(tmp_path, scenes=3, focal_lengths=(50.0, 24.0), size=SIZE)
    found = survey(tmp_path)
    assert re.fullmatch(r"3 scenes; 3 pairs at ×2\.(0|1)\d? \(36 → 75 mm\)", str(found))
    assert all(pair.measured == pytest.approx(50 / 24, rel=0.03) for _, pair in found.pairs)
    assert len(found.suited(2)) == 3
    assert found.suited(4) == []


def test_a_card_without_exif_has_the_same_pairs_in_the_right_order(tmp_path):
    card = write_card(tmp_path / "card", scenes=4, focal_lengths=(24.0, 50.0), size=SIZE)
    scenes = anonymous(card, tmp_path / "export")
    found = survey(tmp_path / "export")
    assert len(found.scenes) == len(found.pairs) == 4
    assert sorted(scenes[pair.short.name] for _, pair in found.pairs) == [0, 1, 2, 3]
    for _, pair in found.pairs:
        assert scenes[pair.short.name] == scenes[pair.long.name]
        assert pair.measured == pytest.approx(50 / 24, rel=0.03)
    assert found.problems == []


def test_a_wrong_equivalent_focal_length_is_found_out(tmp_path):
    whole = picture(np.random.default_rng(0), 700, 1050)
    for number, (zoom, length, equivalent) in enumerate(((1.0, 6.0, 26), (2.0, 6.0, 26))):
        pixels = photograph(whole, zoom, SIZE, np.random.default_rng(number))
        write_jpeg(tmp_path / f"{number}.jpg", pixels, focal_length=length, equivalent=equivalent, time=START)
    ((_, pair),) = survey(tmp_path).pairs
    assert (pair.short.name, pair.long.name) == ("0", "1")
    assert pair.ratio == pytest.approx(1)
    assert pair.measured == pytest.approx(2, rel=0.03)


def test_photos_that_share_nothing_are_no_pairs(tmp_path):
    for number in range(3):
        pixels = photograph(
            picture(np.random.default_rng(number), 400, 600), 1.0 + number, SIZE, np.random.default_rng(0)
        )
        Image.fromarray(pixels).save(tmp_path / f"{number}.jpg", quality=95)
    found = survey(tmp_path)
    assert found.pairs == []
    assert len(found.problems) == 3


def test_files_may_be_named_one_by_one(tmp_path):
    (paths,) = write_card(tmp_path, scenes=1, focal_lengths=(50.0, 24.0), size=SIZE)
    assert [pair.short.photo for _, pair in survey(paths).pairs] == [paths[1]]
    with pytest.raises(PairError, match="no such folder"):
        survey(tmp_path / "missing")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real pairs are not here")
@pytest.mark.parametrize("shuffled", [False, True])
def test_frames_of_a_phones_two_lenses_give_their_sixteen_pairs(tmp_path, shuffled):
    files = sorted((REAL / "phone-ultra-wide").glob("*.jpg"))
    numbers = list(range(len(files)))
    if shuffled:
        random.Random(1).shuffle(numbers)
    real = {}
    for number, file in zip(numbers, files, strict=True):
        name = f"img{number:03}x" if shuffled else file.stem
        shutil.copy(file, tmp_path / f"{name}.jpg")
        real[name] = file.stem
    found = [(real[pair.short.name], real[pair.long.name]) for _, pair in survey(tmp_path).pairs]
    assert sorted(found) == sorted((f.stem, f.stem.replace("ultra", "wide")) for f in files if "ultra" in f.stem)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real pairs are not here")
def test_the_poster_is_ordered_by_its_pictures():
    pairs = {(p.short.name, p.long.name): p.magnification for _, p in survey(REAL / "poster").pairs}
    assert pairs["zoom-1.00", "zoom-2.10"] == pytest.approx(2.1, rel=0.02)
    assert pairs["zoom-1.16", "zoom-2.10"] == pytest.approx(2.1 / 1.16, rel=0.02)


def test_a_bracket_gives_pairs_of_like_exposure_and_a_burst_one(tmp_path):
    whole, rng = picture(np.random.default_rng(0), 500, 750), np.random.default_rng(1)
    for zoom, length in ((1.0, 24.0), (2.0, 48.0)):
        for number, exposure in enumerate((1 / 400, 1 / 100, 1 / 25, 1 / 25)):
            pixels = np.uint8(photograph(whole, zoom, (160, 240), rng) * (0.5 + 0.1 * number))
            time = START + timedelta(seconds=10 * zoom + number)
            path = tmp_path / f"{length:.0f}-{number}.jpg"
            write_jpeg(path, pixels, focal_length=length, time=time, exposure=exposure)
    found = survey(tmp_path)
    exposures = [(pair.short.metadata.exposure_time, pair.long.metadata.exposure_time) for _, pair in found.pairs]
    assert sorted(exposures) == [(1 / 400, 1 / 400), (1 / 100, 1 / 100), (1 / 25, 1 / 25)]
    assert [problem.reason for problem in found.problems] == [
        "is one of a burst or bracket of which another shot is used"
    ] * 2
