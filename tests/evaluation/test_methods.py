"""What a method is given of a pair, and what its result is in sRGB."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from evaluated import SCALE, pair

from opticalzoom.errors import ModelError, PairError
from opticalzoom.evaluation.methods import Method, zoom_all
from opticalzoom.models import build


def bicubic(kind: str = "rgb", name: str = "mine") -> Method:
    return Method(name, build("bicubic", scale=SCALE, input=kind))


def test_each_kind_of_model_gets_its_kind_of_input():
    one = pair(0)
    for kind, pixels in (("rgb", one.x), ("resized", one.enlarged)):
        given = bicubic(kind).input(one)
        np.testing.assert_allclose(given[0].permute(1, 2, 0), pixels / 255, atol=1e-7)
    with pytest.raises(PairError, match="pair0: there is no mosaic"):
        bicubic("raw").input(one)


def test_the_ensemble_is_a_method_with_a_name_of_its_own():
    both = zoom_all([bicubic(), bicubic().ensemble()], pair(0), oracle=False)
    assert [result.method for result in both] == ["mine", "mine, self-ensemble"]
    # Bicubic interpolation is the same however the picture is turned; a level is a rounding apart.
    torch.testing.assert_close(both[0].image, both[1].image, atol=1.01 / 255, rtol=0)
    with pytest.raises(ModelError, match="mosaic"):
        bicubic("raw").ensemble()


def test_models_with_offsets_are_scored_without_them_too_but_not_when_they_see_the_truth():
    torch.manual_seed(0)
    method = Method("sdan", build("sdan", scale=SCALE, features=4, blocks=1).eval())
    assert [result.method for result in zoom_all([method], pair(0), oracle=False)] == ["sdan", "sdan, no offsets"]
    assert [result.method for result in zoom_all([method], pair(0), oracle=True)] == ["sdan"]


def test_pictures_as_shipped_and_masks_are_handed_on():
    trusted = np.random.default_rng(0).random((96, 128)) > 0.5
    shipped, mine = zoom_all([bicubic()], pair(0, shipped=True, trusted=trusted), oracle=False)
    assert (shipped.method, mine.method) == ("as shipped", "mine")
    for result in (shipped, mine):
        np.testing.assert_array_equal(result.mask[0, 0], trusted)
