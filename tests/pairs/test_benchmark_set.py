"""Sets of misaligned pairs: how they are called, what their manifest says, and fields that are the truth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from opticalzoom.pairs.benchmark_set import (
    FIELD_STEP,
    PairSet,
    PairToMake,
    new_manifest,
    pair_arrays,
    pair_sets,
    write_pair,
)
from opticalzoom.pairs.fingerprints import fingerprint
from opticalzoom.pairs.pair import Pair
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import open_source
from opticalzoom.registration.warp import sample

SIZE = (150, 201)


@pytest.fixture(scope="module")
def pair() -> Pair:
    """A photograph and the same one blurred, as City100 has them."""
    y = np.ascontiguousarray(data.astronaut()[: SIZE[0], : SIZE[1]])
    return Pair("002", cv2.GaussianBlur(y, (0, 0), 1.2), y, resized=True)


def test_sets_are_all_combinations_once_and_the_other_splits():
    sets = pair_sets([(0, 0), (24, 2.5), (0, 0)], [0, 12], ["none", "flow"], seed=7)
    assert [one.name for one in sets] == [
        "test",
        "val",
        "train/0px-local0-parallax0-none",
        "train/0px-local0-parallax0-flow",
        "train/0px-local0-parallax12-none",
        "train/0px-local0-parallax12-flow",
        "train/24px-local2.5-parallax0-none",
        "train/24px-local2.5-parallax0-flow",
        "train/24px-local2.5-parallax12-none",
        "train/24px-local2.5-parallax12-flow",
    ]
    assert {one.misalignment.seed for one in sets[2:]} == {7}


@pytest.mark.parametrize("split", ["val", "test"])
def test_pairs_to_score_are_as_they_are(pair, split):
    arrays = pair_arrays(pair, 3, PairSet(split, Misalignment()))
    assert list(arrays) == ["x", "y"]
    np.testing.assert_array_equal(arrays["y"], pair.y)
    np.testing.assert_array_equal(arrays["x"], cv2.resize(pair.x, (67, 50), interpolation=cv2.INTER_AREA))


def test_without_misalignment_the_field_is_zero_and_all_is_known(pair):
    arrays = pair_arrays(pair, 3, PairSet("train", Misalignment()))
    assert not arrays["field"].any()
    assert not np.signbit(arrays["field"]).any()
    assert (arrays["known"] == 255).all()
    assert (arrays["trusted"] == 255).all()


def test_fields_are_rounded_to_what_opencv_samples_at(pair):
    arrays = pair_arrays(pair, 3, PairSet("train", Misalignment(6, 1, seed=3)))
    field = arrays["field"]
    np.testing.assert_array_equal(field / FIELD_STEP, np.round(field / FIELD_STEP))
    restored = sample(pair.y, field).astype(int)
    assert np.abs(restored - arrays["y"])[arrays["known"] > 0].mean() < 3


@pytest.mark.parametrize(("parallax", "left"), [(0.0, 0.1), (4.0, 0.7)])
def test_the_field_of_a_registered_pair_is_what_registration_left(pair, parallax, left):
    before, after = (
        pair_arrays(pair, 3, PairSet("train", Misalignment(6, 0, 1, parallax), method))
        for method in ("none", "homography")
    )
    lengths = [np.linalg.norm(a["field"], axis=-1)[a["known"] > 0] for a in (before, after)]
    assert np.median(lengths[1]) < left * np.median(lengths[0])
    for arrays in (before, after):
        returned = sample(pair.y, arrays["field"]).astype(int)
        error = np.abs(returned - arrays["y"])[arrays["known"] > 0]
        assert np.percentile(error, 90) < 8
        assert error.mean() < 4


def test_a_pair_too_small_for_the_scale_says_so():
    tiny = Pair("a", np.zeros((2, 9, 3), np.uint8), np.zeros((2, 9, 3), np.uint8), resized=True)
    assert pair_arrays(tiny, 3, PairSet("test", Misalignment())) == "X has (2, 9) pixels, too small for ×3"


@pytest.fixture
def folder(tmp_path):
    """A photograph, and a file that is none."""
    root = tmp_path / "photos"
    root.mkdir()
    Image.fromarray(data.astronaut()[:60, :90]).save(root / "a.png")
    (root / "b.png").write_bytes(b"no picture")
    return root


def test_written_pairs_have_the_fingerprints_of_their_arrays(folder, tmp_path):
    source, pairs = open_source(folder), PairSet("all", Misalignment())
    made = write_pair(PairToMake(source, "a", pairs, tmp_path / "out"))
    assert (sorted(made.files), made.reason) == (["x/a.png", "y/a.png"], "")
    for file, expected in made.files.items():
        assert fingerprint(np.asarray(Image.open(tmp_path / "out" / file))) == expected
    left_out = write_pair(PairToMake(source, "b", pairs, tmp_path / "out"))
    assert left_out.files == {}
    assert "b.png" in left_out.reason


def test_a_manifest_tells_all_that_the_pairs_depend_on(folder):
    moves = Misalignment(24, 2, 5, 12)
    manifest = new_manifest(open_source(folder), PairSet("all", moves, "flow"))
    assert manifest["names"] == ["a", "b"]
    assert (manifest["pairs"], manifest["left_out"]) == ({}, {})
    told = manifest["parameters"]
    assert (told["folder"], told["scale"], told["split"], told["method"]) == ("photos", 3, "all", "flow")
    assert told["misalignment"] == {"strength": 24, "local": 2, "seed": 5, "parallax": 12}
