"""Damaged files of every kind are taken or refused: no exception, no crash, no hang, no half-written result.

``pytest tests/fuzz --fuzz 1000`` tries as many of each kind; ``--fuzz-seed`` draws others.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from arena import Arena
from fuzz_seeds import KINDS, seeds_of
from hypothesis import given
from hypothesis import strategies as st
from openers import outcome

PACKAGES = {"heif": "pillow_heif", "ncnn": "ncnn", "onnx": "openvino", "weights": "torch", "checkpoint": "torch"}
SHARE = {"config": 5, "lens": 2, "onnx": 2}
"""Of slow kinds, only every so many files are tried."""
PATIENCE = 60.0
"""Seconds after which a file hangs, on machines that have other things to do."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def arena(tmp_path_factory):
    arena = Arena(tmp_path_factory.mktemp("fuzz"), PATIENCE)
    yield arena
    arena.close()


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_taken_or_refused(kind, arena, request):
    pytest.importorskip(PACKAGES.get(kind, "numpy"))
    count = max(1, request.config.getoption("--fuzz") // SHARE.get(kind, 1))
    tally = arena.try_files(kind, count, request.config.getoption("--fuzz-seed"))
    assert not tally.lost, f"{len(tally.lost)} of {count}, kept in {arena.folder}: {tally.lost}"
    assert tally.tried == count


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("manifest", "name"),
        ("manifest", "scale"),
        ("pair set", "pairs"),
        ("pair set", "names"),
        ("study", "seconds"),
        ("study", "steps"),
    ],
)
@given(value=JSON)
def test_any_value_in_any_field_is_taken_or_refused(kind, field, value):
    suffix, content = seeds_of(kind)[0]
    first, *others = content.splitlines() if suffix == ".jsonl" else [content]
    changed = json.dumps(json.loads(first) | {field: value}).encode()
    with TemporaryDirectory() as folder:
        path = Path(folder, f"a{suffix}")
        path.write_bytes(b"\n".join([changed, *others]))
        assert outcome(kind, path) in {"taken", "refused"}
