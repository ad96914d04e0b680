from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from helpers import noise
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from opticalzoom.errors import PairError
from opticalzoom.pairs.sources import City100, FolderPairs, SimulatedZoom, open_source

OFFICIAL_TEST = ["001", "016", "048", "060", "098"]


def save(path, height=6, width=9, value=0, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (width, height), value if mode == "L" else (value, 7, 9)).save(path)


@pytest.fixture(scope="module")
def city100(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    for camera, value in (("NikonD5500", 10), ("iPhoneX", 20)):
        for number in range(1, 101):
            save(root / "City100" / f"City100_{camera}" / f"{number:03}H.PNG", value=value)
            save(root / "City100" / f"City100_{camera}" / f"{number:03}L.PNG", value=value + 1)
    return root


@pytest.mark.parametrize("below", ["", "City100", "City100/City100_NikonD5500"])
def test_city100_is_found_at_every_level_of_its_folders(city100, below):
    source = open_source(city100 / below)
    assert isinstance(source, City100)
    assert source.registered
    assert source.all_names() == [f"{n:03}" for n in range(1, 101)]


def test_city100_keeps_the_official_test_pairs_and_holds_out_ten(city100):
    source = open_source(city100, "city100")
    train, val, test = (source.names(split) for split in ("train", "val", "test"))
    assert test == OFFICIAL_TEST
    assert (len(train), len(val)) == (85, 10)
    assert sorted(train + val + test) == source.names("all") == source.all_names()


@given(count=st.integers(0, 100))
def test_of_few_pairs_of_city100_at_most_a_fifth_are_held_out(city100, count):
    source = City100(city100, scale=3)
    source._files = {name: path for name, path in source._files.items() if int(name[:3]) <= count}
    train, val, test = (source.names(split) for split in ("train", "val", "test"))
    assert sorted(train + val + test) == source.all_names()
    assert len(val) == min(10, (len(train) + len(val)) // 5)


def test_city100_loads_l_as_x_and_h_as_y_of_the_named_camera(city100):
    for camera, value in (("NikonD5500", 10), ("iPhoneX", 20)):
        pair = open_source(city100, camera=camera).load("016")
        assert pair.name == "016"
        assert pair.resized
        assert pair.x.shape == pair.y.shape == (6, 9, 3)
        assert pair.x[0, 0].tolist() == [value + 1, 7, 9]
        assert pair.y[0, 0].tolist() == [value, 7, 9]


def test_city100_refuses_a_camera_that_is_not_there(city100):
    with pytest.raises(PairError, match="City100_Leica"):
        open_source(city100, camera="Leica")


def test_city100_leaves_out_halves_of_pairs_and_takes_lower_case_names(tmp_path):
    folder = tmp_path / "City100_NikonD5500"
    for name in ("002H.PNG", "002L.PNG", "003h.png", "003l.png", "004H.PNG", "005L.PNG"):
        save(folder / name)
    assert open_source(tmp_path).all_names() == ["002", "003"]


def test_city100_refuses_a_pair_of_unequal_sizes(tmp_path):
    save(tmp_path / "City100_NikonD5500" / "002H.PNG", height=8)
    save(tmp_path / "City100_NikonD5500" / "002L.PNG", height=7)
    with pytest.raises(PairError, match="equal sizes") as caught:
        open_source(tmp_path).load("002")
    assert "002" in str(caught.value)


@pytest.mark.parametrize("names", [("x", "y"), ("LR", "HR"), ("short", "long"), ("input", "target")])
def test_parallel_folders_are_paired_by_stem(tmp_path, names):
    short, long = (tmp_path / name for name in names)
    save(short / "b.png", 4, 5, value=1)
    save(long / "b.tif", 8, 10, value=2)
    save(short / "a.png", 8, 10, value=3)
    save(long / "a.png", 8, 10, value=4)
    save(short / "alone.png")
    source = open_source(tmp_path, scale=2)
    assert isinstance(source, FolderPairs)
    assert not source.registered
    assert source.all_names() == ["a", "b"]
    assert source.files("b") == (short / "b.png", long / "b.tif")
    pair = source.load("b")
    assert (pair.x.shape, pair.y.shape, pair.resized) == ((4, 5, 3), (8, 10, 3), False)
    assert (pair.x[0, 0, 0], pair.y[0, 0, 0]) == (1, 2)
    assert source.load("a").resized


def test_pairs_of_phones_are_read_too(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    for side, size in (("x", 32), ("y", 64)):
        (tmp_path / side).mkdir()
        pixels = np.full((size, size, 3), 120, np.uint8)
        heif.from_bytes("RGB", (size, size), pixels.tobytes()).save(tmp_path / side / "a.HEIC")
    pair = open_source(tmp_path, scale=2).load("a")
    assert (pair.x.shape, pair.y.shape) == ((32, 32, 3), (64, 64, 3))
    assert abs(int(pair.y.mean()) - 120) <= 2


def test_grey_photos_become_rgb(tmp_path):
    save(tmp_path / "x" / "a.png", 4, 5, value=50, mode="L")
    save(tmp_path / "y" / "a.png", 4, 5, value=60)
    x = open_source(tmp_path).load("a").x
    assert x.shape == (4, 5, 3)
    assert (x == 50).all()


def test_parallel_folders_must_share_a_name(tmp_path):
    save(tmp_path / "x" / "a.png")
    save(tmp_path / "y" / "b.png")
    with pytest.raises(PairError, match="in common"):
        open_source(tmp_path)


def test_folders_asked_for_must_be_there(tmp_path):
    save(tmp_path / "x" / "a.png")
    with pytest.raises(PairError, match="parallel"):
        open_source(tmp_path, "folders")


def test_hashed_splits_are_disjoint_covering_and_stay_when_photos_are_added(tmp_path):
    for number in range(100):
        save(tmp_path / f"{number}.png")
    before = open_source(tmp_path)
    parts = {split: before.names(split) for split in ("train", "val", "test")}
    assert sorted(chain(*parts.values())) == before.names("all")
    assert all(parts.values())
    assert len(parts["train"]) > 60
    save(tmp_path / "another.png")
    after = open_source(tmp_path)
    assert all(set(names) <= set(after.names(split)) for split, names in parts.items())


def test_plain_photos_get_a_simulated_short_shot_at_a_multiple_of_the_scale(tmp_path):
    pixels = noise(27, 33, 3)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    source = open_source(tmp_path, scale=4, seed=1)
    assert isinstance(source, SimulatedZoom)
    assert source.registered
    pair = source.load("a")
    assert not pair.resized
    assert pair.x.shape == (6, 8, 3)
    np.testing.assert_array_equal(pair.y, pixels[:24, :32])
    np.testing.assert_array_equal(pair.x, source.load("a").x)
    other = open_source(tmp_path, scale=4, seed=2)
    assert other.describe() != source.describe()
    assert (other.load("a").x != pair.x).any()


def test_a_photo_smaller_than_the_scale_cannot_be_simulated(tmp_path):
    save(tmp_path / "a.png", height=3)
    with pytest.raises(PairError, match="at least 4"):
        open_source(tmp_path, scale=4).load("a")


@pytest.mark.parametrize("kind", ["auto", "city100", "folders", "simulated"])
def test_missing_and_empty_folders_are_named(tmp_path, kind):
    for root in (tmp_path / "missing", tmp_path):
        with pytest.raises(PairError) as caught:
            open_source(root, kind)
        assert str(root) in str(caught.value)


def test_city100_without_pairs_and_empty_parallel_folders_are_refused(tmp_path):
    (tmp_path / "a" / "City100_NikonD5500").mkdir(parents=True)
    (tmp_path / "b" / "x").mkdir(parents=True)
    (tmp_path / "b" / "y").mkdir()
    for root in (tmp_path / "a", tmp_path / "b"):
        with pytest.raises(PairError):
            open_source(root)
