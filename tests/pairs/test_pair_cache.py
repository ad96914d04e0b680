"""Registered pairs on disk: kept, told apart, and made again where something of them is damaged."""

from __future__ import annotations

import json
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import sleep

import numpy as np
import pytest
from PIL import Image
from smooth_noise import block_means, texture

from opticalzoom.errors import PairError
from opticalzoom.pairs.pair_cache import PairCache, load_cached
from opticalzoom.pairs.registered import Preparation, training_pair
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.pairs.sources import FolderPairs, open_source

AS_IT_IS = Preparation(method="none")


class CountedFolders(FolderPairs):
    """Parallel folders that count how often a pair was read."""

    loads = 0

    def load(self, name):
        self.loads += 1
        return super().load(name)


@pytest.fixture
def folders(tmp_path):
    root = tmp_path / "photos"
    for side in ("x", "y"):
        (root / side).mkdir(parents=True)
    y = texture(64, 96)
    Image.fromarray(y).save(root / "y" / "a.png")
    Image.fromarray(block_means(y, 4).round().astype(np.uint8)).save(root / "x" / "a.png")
    return root


def test_a_second_call_comes_from_disk(tmp_path, folders):
    source, cache = CountedFolders(folders, 4), PairCache(tmp_path / "cache")
    first, second = (cache.get(source, "a", AS_IT_IS) for _ in range(2))
    assert source.loads == 1
    expected = training_pair(source.load("a"), 4, AS_IT_IS)
    for pair in (first, second):
        assert (pair.name, pair.reason) == ("a", "")
        for key in ("x", "y", "mask"):
            np.testing.assert_array_equal(getattr(pair, key), getattr(expected, key))
    assert isinstance(second.y, np.memmap)
    assert len(list(cache.folder.iterdir())) == 1  # nothing half-written is left


def test_the_cache_tells_preparations_and_changed_files_apart(tmp_path, folders):
    source, cache = CountedFolders(folders, 4), PairCache(tmp_path / "cache")
    preparations = [
        AS_IT_IS,
        Preparation(method="none", input="resized"),
        Preparation(method="none", input="raw"),
        Preparation(method="none", input="raw", white_balance="target"),
        Preparation(method="none", input="raw", sensor=MosaicSimulation(seed=1)),
        Preparation(method="none", misalignment=Misalignment(strength=2)),
        Preparation(method="none", misalignment=Misalignment(strength=2, seed=1)),
        Preparation(method="none", misalignment=Misalignment(local=2)),
        Preparation(method="none", misalignment=Misalignment(parallax=2)),
        Preparation(method="homography"),
    ]
    for number, preparation in enumerate(preparations, start=1):
        cache.get(source, "a", preparation)
        assert source.loads == number
    for preparation in preparations:
        cache.get(source, "a", preparation)
    assert source.loads == len(preparations)

    Image.fromarray(texture(64, 96, seed=5)).save(folders / "y" / "a.png")
    os.utime(folders / "y" / "a.png", (1, 1))
    np.testing.assert_array_equal(cache.get(source, "a", AS_IT_IS).y, texture(64, 96, seed=5))
    os.utime(folders / "x" / "a.png", (2, 2))
    cache.get(source, "a", AS_IT_IS)
    assert source.loads == len(preparations) + 2


def test_a_truncated_photo_is_left_out_until_it_is_mended(tmp_path, folders):
    photo = folders / "y" / "a.png"
    whole = photo.read_bytes()
    photo.write_bytes(whole[: len(whole) // 2])
    source, cache = open_source(folders, scale=4), PairCache(tmp_path / "cache")
    left_out = cache.get(source, "a", AS_IT_IS)
    assert str(photo) in left_out.reason
    assert left_out.y.size == 0
    photo.write_bytes(whole)
    assert cache.get(source, "a", AS_IT_IS).reason == ""


def test_a_photo_that_vanished_is_left_out(tmp_path, folders):
    source = open_source(folders, scale=4)
    (folders / "x" / "a.png").unlink()
    assert "a.png" in PairCache(tmp_path / "cache").get(source, "a", AS_IT_IS).reason


def test_a_pair_that_does_not_fit_is_remembered(tmp_path, folders):
    source, cache = CountedFolders(folders, 3), PairCache(tmp_path / "cache")
    first, second = (cache.get(source, "a", AS_IT_IS) for _ in range(2))
    assert first.reason == second.reason != ""
    assert source.loads == 1


def test_a_half_written_folder_is_replaced(tmp_path, folders):
    source, cache = CountedFolders(folders, 4), PairCache(tmp_path / "cache")
    cache.get(source, "a", AS_IT_IS)
    (home,) = cache.folder.iterdir()
    (home / "pair.json").unlink()
    assert cache.get(source, "a", AS_IT_IS).y.shape == (64, 96, 3)
    assert source.loads == 2


def test_a_cache_folder_that_cannot_be_made_is_an_error(tmp_path, folders):
    (tmp_path / "file").touch()
    with pytest.raises(PairError, match="cache folder"):
        PairCache(tmp_path / "file").get(open_source(folders, scale=4), "a", AS_IT_IS)


def test_arrays_are_read_by_one_thread_at_a_time(tmp_path, folders, monkeypatch):
    source, cache, reading, load = CountedFolders(folders, 4), PairCache(tmp_path / "cache"), Lock(), np.load

    def alone(*args, **options):
        assert reading.acquire(blocking=False)
        try:
            sleep(0.001)
            return load(*args, **options)
        finally:
            reading.release()

    monkeypatch.setattr(np, "load", alone)
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(lambda _: cache.get(source, "a", AS_IT_IS), range(12)))) == 12


DAMAGES = {
    "an empty list": lambda home: (home / "pair.json").write_bytes(b""),
    "a list cut short": lambda home: (home / "pair.json").write_text('{"name": "a", "rea'),
    "no list at all": lambda home: (home / "pair.json").write_text("[" * 100_000),
    "a list without a reason": lambda home: (home / "pair.json").write_text('{"name": "a"}'),
    "a list of other types": lambda home: (home / "pair.json").write_text(json.dumps({"name": 3, "reason": None})),
    "an array that is gone": lambda home: (home / "mask.npy").unlink(),
    "an empty array": lambda home: (home / "x.npy").write_bytes(b""),
    "an array cut short": lambda home: (home / "y.npy").write_bytes((home / "y.npy").read_bytes()[:-100]),
    "an array without a header": lambda home: (home / "y.npy").write_bytes(bytes(500)),
    "an array of objects": lambda home: np.save(home / "x.npy", np.array([{}] * 3), allow_pickle=True),
    "an array of other numbers": lambda home: np.save(home / "x.npy", np.zeros((16, 24, 3))),
    "a mask of another size": lambda home: np.save(home / "mask.npy", np.ones((5, 5), bool)),
    "a folder in place of a file": lambda home: ((home / "x.npy").unlink(), (home / "x.npy").mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_what_is_damaged_is_made_again_with_a_word(tmp_path, folders, caplog, damage):
    source, cache = CountedFolders(folders, 4), PairCache(tmp_path / "cache")
    cache.get(source, "a", AS_IT_IS)
    (home,) = cache.folder.iterdir()
    damage(home)
    with caplog.at_level(logging.WARNING):
        assert cache.get(source, "a", AS_IT_IS).y.shape == (64, 96, 3)
    assert f"{home}: was damaged, and is made again" in caplog.text
    assert (source.loads, list(cache.folder.iterdir())) == (2, [home])
    caplog.clear()
    assert load_cached(home).x.shape == (16, 24, 3)
    assert not caplog.text
