"""The source that reads prepared folders."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from opticalzoom.errors import PairError
from opticalzoom.pairs.manifest import append_record
from opticalzoom.pairs.registered import Preparation, training_pair
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.pairs.sources import PreparedPairs, open_source
from opticalzoom.photo.photograph import Photo, write_photo
from opticalzoom.photo.raw.dng import write_dng

SCALE = 2


def record(name, scene="a", accepted=True, **more):
    return {"name": name, "scene": scene, "scale": SCALE, "accepted": accepted, "reason": "", **more}


@pytest.fixture
def folder(tmp_path):
    """Eight accepted pairs of four scenes, one of them RAW, and a rejected one."""
    y = data.astronaut()[:96, :128]
    x = np.ascontiguousarray(y[::2, ::2])
    mask = np.zeros((96, 128, 1), np.uint8)
    mask[:30] = 255
    for number in range(8):
        home = tmp_path / "pairs" / f"p{number}"
        for name, pixels in (("x", x), ("y", y), ("mask", mask)):
            write_photo(home / f"{name}.png", Photo(pixels))
        append_record(tmp_path, record(f"p{number}", f"scene{number // 2}"))
    write_dng(tmp_path / "pairs" / "p0" / "x.dng", MosaicSimulation().shoot(x, "x"))
    append_record(tmp_path, record("bad", accepted=False))
    return tmp_path


def test_a_prepared_folder_is_found_and_holds_what_was_accepted(folder):
    source = open_source(folder, scale=SCALE)
    assert isinstance(source, PreparedPairs)
    assert source.registered
    assert source.all_names() == [f"p{n}" for n in range(8)]
    pair = source.load("p0")
    assert pair.x.shape == (48, 64, 3)
    assert pair.mosaic is not None
    assert pair.mosaic.mosaic.shape == (48, 64)
    assert pair.mask is not None
    assert pair.mask[:30].all()
    assert not pair.mask[30:].any()
    assert source.load("p1").mosaic is None


def test_pairs_of_a_scene_stay_together(folder):
    source = open_source(folder, scale=SCALE)
    parts = {split: set(source.names(split)) for split in ("train", "val", "test")}
    assert set.union(*parts.values()) == set(source.all_names())
    for scene in range(4):
        assert sum(bool({f"p{2 * scene}", f"p{2 * scene + 1}"} & names) for names in parts.values()) == 1


def test_scenes_of_a_folder_test_are_the_test_pairs(tmp_path):
    for number in range(40):
        append_record(tmp_path, record(f"p{number:02}", f"{'test' if number < 4 else 'train'}-{number:05}"))
    source = PreparedPairs(tmp_path, SCALE)
    parts = {part: source.names(part) for part in ("train", "val", "test")}
    assert parts["test"] == ["p00", "p01", "p02", "p03"]
    assert parts["val"]
    assert sorted(name for part in parts.values() for name in part) == source.all_names()


def test_the_mask_is_kept_without_further_registration(folder):
    source = open_source(folder, scale=SCALE)
    for kind in ("rgb", "raw"):
        prepared = training_pair(source.load("p0"), SCALE, Preparation(input=kind, method="none"))
        assert not prepared.reason
        assert prepared.mask[:30].all()
        assert not prepared.mask[30:].any()
    assert prepared.x.shape == (24, 32, 4)


def test_another_scale_is_refused(folder):
    with pytest.raises(PairError, match="holds pairs of ×2, expected ×4"):
        open_source(folder, scale=4)


def test_a_pair_whose_files_do_not_fit_is_refused(folder):
    write_photo(folder / "pairs" / "p1" / "y.png", Photo(np.zeros((10, 10, 3), np.uint8)), overwrite=True)
    with pytest.raises(PairError, match="Delete the pair's folder"):
        open_source(folder, scale=SCALE).load("p1")
