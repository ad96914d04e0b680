"""The lens is measured and drawn; what cannot be measured is said in a sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from learnings import CAMERA, soft_pair

from opticalzoom.lenses.measured import MeasuredLens
from opticalzoom.training.learning.lens_measurement import LENS_FILE, describe_lens
from opticalzoom.training.learning.material import LensPairs

PAIR = soft_pair("a", 0, size=(120, 160))


def test_the_numbers_are_written_and_drawn(tmp_path):
    drawn = describe_lens(LensPairs(CAMERA, 2, "rgb", 2.0, [PAIR], ["a"]), tmp_path)
    measured = MeasuredLens.from_json((tmp_path / LENS_FILE).read_text())
    assert (measured.scale, measured.pairs) == (2, 1)
    assert "<svg" in drawn


def test_a_blank_wall_measures_nothing(tmp_path):
    wall = replace(PAIR, x=np.full_like(PAIR.x, 90), y=np.full_like(PAIR.y, 90))
    assert "too little detail" in describe_lens(LensPairs(CAMERA, 2, "rgb", 2.0, [wall], ["a"]), tmp_path)
    assert not (tmp_path / LENS_FILE).exists()


def test_raw_pairs_are_not_measured(tmp_path):
    assert "RAW" in describe_lens(LensPairs(CAMERA, 2, "raw", 2.0, [PAIR], ["a"]), tmp_path)
