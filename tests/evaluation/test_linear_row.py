"""The row of least squares: it learns the lens from pairs that are not scored."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from opticalzoom.evaluation.linear_row import linear_method
from opticalzoom.evaluation.loaders import load_pair
from opticalzoom.evaluation.protocols import evaluate
from opticalzoom.evaluation.report import means
from opticalzoom.pairs.pair import Pair, Source

NAMES = [f"scene{number:02}" for number in range(30)]


class SoftCamera(Source):
    """Random blobs as Y; X through a soft lens. Scenes are named by their first letters up to the dash."""

    registered = True

    def __init__(self, names=NAMES):
        super().__init__(2)
        self._all, self.loaded = names, []

    def all_names(self):
        return self._all

    def group(self, name):
        return name.split("-")[0]

    def files(self, name):
        return ()

    def describe(self):
        return "a soft camera of a test"

    def load(self, name):
        self.loaded.append(name)
        rng = np.random.default_rng(sum(map(ord, name)))
        y = cv2.resize(rng.integers(0, 256, (24, 32, 3), np.uint8), (128, 96), interpolation=cv2.INTER_CUBIC)
        x = cv2.resize(cv2.GaussianBlur(y, (0, 0), 2.5), (64, 48), interpolation=cv2.INTER_AREA)
        return Pair(name, x, y, resized=False)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr("opticalzoom.evaluation.linear_row.PAIR_CACHE", str(tmp_path))


def test_it_is_ahead_of_bicubic_on_pairs_that_it_never_saw():
    source = SoftCamera()
    scored = source.names("test")
    method = linear_method(source, scored)
    assert method is not None
    assert not set(source.loaded) & set(scored)
    assert len(source.loaded) == 8
    found = evaluate([method], [lambda name=name: load_pair(source, name) for name in scored])
    scores = {mean.method: mean.scores["psnr_y"] for mean in means(found.rows)}
    assert scores["linear"] > scores["bicubic"] + 1


def test_other_shots_of_scored_scenes_are_not_learned_from():
    source = SoftCamera(["a-1", "a-2", "b-1", "b-2"])
    training = source.names("train")
    assert training, "the test needs a training pair"
    linear_method(source, [training[0]])
    assert not {name for name in source.loaded if name[0] == training[0][0]}


def test_without_other_pairs_there_is_no_row():
    source = SoftCamera()
    assert linear_method(source, source.all_names()) is None
    assert source.loaded == []
