from __future__ import annotations

import json

import numpy as np
import pytest

from opticalzoom.errors import PairError
from opticalzoom.pairs.fingerprints import (
    MANIFEST,
    fingerprint,
    problems,
    read_array,
    read_set_manifest,
    write_array,
    write_set_manifest,
)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return {
        "x/a.png": rng.integers(0, 256, (4, 5, 3), dtype=np.uint8),
        "trusted/a.png": rng.integers(0, 2, (8, 10), dtype=np.uint8) * 255,
        "deep/a.png": rng.integers(0, 65536, (4, 5, 3), dtype=np.uint16),
        "field/a.npz": rng.standard_normal((8, 10, 2)).astype(np.float32),
    }


def test_arrays_come_back_bit_for_bit(tmp_path, arrays):
    for file, array in arrays.items():
        write_array(tmp_path / file, array)
        found = read_array(tmp_path / file)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)


def test_the_fingerprint_tells_values_shape_and_type_but_not_the_order_of_bytes():
    array = np.arange(6, dtype="<u2").reshape(2, 3)
    assert fingerprint(array) == fingerprint(array.astype(">u2")) == fingerprint(np.asfortranarray(array))
    others = [array + 1, array.reshape(3, 2), array.astype("<u4")]
    assert len({fingerprint(other) for other in (array, *others)}) == 4


def test_what_changed_after_the_manifest_is_found(tmp_path, arrays):
    for file, array in arrays.items():
        write_array(tmp_path / file, array)
    pairs = {"a": {file: fingerprint(array) for file, array in arrays.items()}}
    content = {"parameters": {}, "versions": {}, "names": ["a", "b", "c"], "pairs": pairs, "left_out": {"c": "dark"}}
    write_set_manifest(tmp_path, content)
    found = read_set_manifest(tmp_path)
    assert found is not None
    assert list(problems(tmp_path, found)) == [[], ["b: not made yet"], []]
    write_array(tmp_path / "x/a.png", arrays["x/a.png"] ^ 1)
    (tmp_path / "field/a.npz").write_bytes(b"cut")
    first = next(problems(tmp_path, found))
    assert [text.split(":")[0].rsplit("/", 2)[1] for text in first] == ["x", "field"]


def test_a_folder_without_manifest_and_one_with_a_damaged_one(tmp_path):
    assert read_set_manifest(tmp_path) is None
    whole = {"parameters": {}, "versions": {}, "names": [], "pairs": {}, "left_out": {}}
    odd = [{"names": [1]}, {"names": 1}, {"left_out": []}]
    odd += [{"pairs": pairs} for pairs in ([], {"a": 1}, {"a": []}, {"a": {"x": 1}})]
    for text in ("{", "[]", "[" * 100_000, json.dumps({"names": []}), *(json.dumps(whole | one) for one in odd)):
        (tmp_path / MANIFEST).write_text(text)
        with pytest.raises(PairError, match="no manifest of misaligned pairs"):
            read_set_manifest(tmp_path)


@pytest.mark.parametrize("wrong", [{"names": ["../a"]}, {"pairs": {"a": {"x/../../a.png": ""}}}], ids=str)
def test_files_elsewhere_are_not_read(tmp_path, wrong):
    whole = {"parameters": {}, "versions": {}, "names": [], "pairs": {}, "left_out": {}}
    (tmp_path / MANIFEST).write_text(json.dumps(whole | wrong))
    with pytest.raises(PairError, match="leads elsewhere"):
        read_set_manifest(tmp_path)
