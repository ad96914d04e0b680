"""The methods that the command line offers are those that registration takes."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from skimage import data

from opticalzoom.registration.method import Method
from opticalzoom.registration.same_view import register


@pytest.mark.parametrize(("method", "moves"), [("none", False), ("homography", True), ("flow", True)])
def test_every_method_but_none_moves_the_picture(method, moves):
    assert method in get_args(Method)
    photo = data.astronaut()[:160, :200]
    found = register(photo[4:, 6:], photo[:-4, :-6], method=method)
    assert found.ok
    expected = (-4, -6) if moves else (0, 0)
    np.testing.assert_allclose(np.median(found.field, axis=(0, 1)), expected, atol=0.3)


def test_there_are_no_others():
    assert len(get_args(Method)) == 3
