"""Every pair is judged on once, by what never saw its scene."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from learnings import soft_lens, soft_pair

from opticalzoom.training.learning.folds import LEAST_SCENES, half, make_folds


@given(st.lists(st.integers(0, 9), min_size=LEAST_SCENES, max_size=20).filter(lambda s: len(set(s)) >= LEAST_SCENES))
def test_scenes_are_held_out_whole_and_every_pair_is_judged_once(numbers):
    pair = soft_lens(1).pairs[0]
    pairs = [type(pair)(f"{place}", pair.x, pair.y, pair.mask) for place in range(len(numbers))]
    scenes = [f"scene-{number}" for number in numbers]
    scene_of = {pair.name: scene for pair, scene in zip(pairs, scenes, strict=True)}
    folds = make_folds(pairs, scenes)
    assert sorted(one.name for fold in folds for one in fold.judging) == sorted(scene_of)
    for fold in folds:
        assert fold.teaching
        assert not {scene_of[one.name] for one in fold.teaching} & {scene_of[one.name] for one in fold.judging}


def test_few_scenes_are_judged_by_halves_of_pictures():
    lens = soft_lens(2)
    first, second = make_folds(lens.pairs, lens.scenes)
    assert [pair.name for pair in first.judging] == ["pair-0, right half", "pair-1, right half"]
    assert [pair.name for pair in second.judging] == ["pair-0, left half", "pair-1, left half"]
    for left, right, whole in zip(first.teaching, first.judging, lens.pairs, strict=True):
        np.testing.assert_array_equal(np.concatenate([left.x, right.x], axis=1), whole.x)
        np.testing.assert_array_equal(np.concatenate([left.y, right.y], axis=1), whole.y)
        np.testing.assert_array_equal(np.concatenate([left.mask, right.mask], axis=1), whole.mask)


def test_halves_of_a_mosaic_begin_with_a_whole_cell():
    pair = soft_pair("odd", 0, size=(20, 31))
    assert half(pair, 1).x.shape[1] % 2 == 31 % 2
    assert half(pair, 0).x.shape[1] % 2 == 0
