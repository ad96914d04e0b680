"""Text that is no lens is refused, whoever wrote it, with what is wrong."""

from __future__ import annotations

import json
import re
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opticalzoom.errors import ConfigError
from opticalzoom.lenses.lens_text import lens_from_text, lens_to_text


def some_lens(scale: int = 2, grid: tuple[int, int] = (1, 2)) -> dict[str, object]:
    """Fields of a lens that is possible."""
    rng = np.random.default_rng(0)
    side = 5 * scale
    field = rng.random((*grid, 3, side, side)).astype(np.float32)
    field /= field.sum(axis=(-2, -1), keepdims=True)
    return {
        "scale": scale,
        "aspect": 1.5,
        "pairs": 4,
        "kernels": field[0, 0],
        "field": field,
        "measured": rng.random(grid) < 0.5,
        "mtf_doubt": rng.random((3, 101)),
        "mtf50_doubt": rng.random((*grid, 3)),
        "shift_doubt": rng.random((*grid, 2, 2)),
        "noise": rng.random((3, 12)),
        "noise_doubt": rng.random((3, 12)),
    }


@pytest.mark.parametrize(("scale", "grid"), [(2, (1, 2)), (3, (3, 3)), (8, (2, 1))])
def test_what_was_written_is_read(scale, grid):
    lens = some_lens(scale, grid)
    found = lens_from_text(lens_to_text(lens, {"mtf50": np.ones(3)}))
    assert found.keys() == lens.keys()
    for name, value in lens.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, err_msg=name)


def test_the_text_tells_other_programs_the_figures():
    text = json.loads(lens_to_text(some_lens(), {"mtf50": np.array([0.25, 1 / 3])}))
    assert text["figures"]["mtf50"] == [0.25, 0.333333]
    assert text["figures"]["frequencies"][-1] == 1
    assert len(text["figures"]["brightness"]) == 12
    assert text["format"] == "opticalzoom-lens-1"


TEXT = lens_to_text(some_lens(), {})


def changed(**fields: object) -> str:
    """Text of a lens with some fields replaced, as JSON has them."""
    return json.dumps({**json.loads(TEXT), **fields})


KERNEL = np.full((3, 10, 10), 0.01).tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[1, 2]", "is not a measured lens"),
        ("null", "is not a measured lens"),
        ('{"format": "another"}', "is not a measured lens"),
        ('{"format": "opticalzoom-lens-1"}', "None for 'scale'"),
        (" " * 8_000_001, "expected a lens in at most 8000000"),
        (changed(scale=True), "True for 'scale'"),
        (changed(scale="2"), "'2' for 'scale'"),
        (changed(scale=2.0), "2.0 for 'scale', expected a whole number from 2 to 8"),
        (changed(scale=9), "9 for 'scale'"),
        (changed(scale=3), "shape (3, 10, 10) for 'kernels', expected numbers, 3×15×15"),
        (changed(pairs=0), "0 for 'pairs'"),
        (changed(pairs=10**400), "for 'pairs', expected a whole number from 1"),
        (changed(aspect=1e9), "1000000000.0 for 'aspect'"),
        (changed(aspect=None), "None for 'aspect'"),
        (changed(measured=[]), "for 'measured', expected numbers, ·×·"),
        (changed(measured=[[]]), "for 'measured'"),
        (changed(measured=[[True] * 17]), "1×17 cells for 'measured', expected 1 to 16 a side"),
        (changed(measured=[[1, 0]]), "int64 of shape (1, 2) for 'measured'"),
        (changed(kernels=[[1], [1, 2]]), "lists of unequal length for 'kernels'"),
        (changed(kernels="0" * 100), "for 'kernels'"),
        (changed(kernels={"0": 1}), "for 'kernels'"),
        (changed(kernels=np.full((3, 10, 10), "0.01").tolist()), "for 'kernels'"),
        (changed(kernels=(2 * np.array(KERNEL)).tolist()), "a kernel of another sum for 'kernels'"),
        (changed(field=[[KERNEL]]), "shape (1, 1, 3, 10, 10) for 'field', expected numbers, 1×2×3×10×10"),
        (changed(noise=np.full((3, 12), -0.1).tolist()), "-0.1 for 'noise', expected no number below 0"),
        (changed(noise=np.full((3, 12), 1e300).tolist()), "a number out of range for 'noise'"),
        (changed(noise_doubt=[[10**30] * 12] * 3), "for 'noise_doubt'"),
        (changed(mtf_doubt=float("nan")), "for 'mtf_doubt'"),
        (changed(mtf_doubt=np.full((3, 101), np.nan).tolist()), "a number out of range for 'mtf_doubt'"),
        (changed(shift_doubt=np.full((1, 2, 2, 2), np.inf).tolist()), "a number out of range for 'shift_doubt'"),
    ],
)
def test_what_no_lens_can_be_is_refused(text, message):
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        lens_from_text(text)
    assert "Measure the lens again" in str(caught.value)
    assert len(str(caught.value)) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(some_lens())), value=JSON)
def test_whatever_a_field_is_nothing_but_our_error_is_raised(name, value):
    text = changed(**{name: value})
    try:
        found = lens_from_text(text)
    except ConfigError:
        return
    assert np.isfinite(found[name]).all()  # a number that fits by chance


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, 10**6), character=st.sampled_from(list('0123456789eE.-[]{}",: \x00é')))
def test_text_with_a_character_changed(place, character):
    place %= len(TEXT)
    with suppress(ConfigError):
        lens_from_text(TEXT[:place] + character + TEXT[place + 1 :])
