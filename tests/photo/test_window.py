"""Parts of pictures, against slicing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom.errors import OpticalZoomError
from opticalzoom.photo.window import Window, checked, grown, spans

HEIGHT, WIDTH = 40, 50
PICTURE = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)


def sides(length):
    ends = st.tuples(st.integers(0, length), st.integers(0, length)).filter(lambda two: two[0] != two[1])
    return ends.map(lambda two: slice(min(two), max(two)))


windows = st.builds(Window, sides(HEIGHT), sides(WIDTH))


@given(windows)
def test_shape_is_that_of_the_slice(window):
    assert PICTURE[window].shape == window.shape


@given(windows, st.integers(1, 4))
def test_scaled_is_the_same_part_of_the_enlarged_picture(window, factor):
    enlarged = PICTURE.repeat(factor, 0).repeat(factor, 1)
    np.testing.assert_array_equal(enlarged[window.scaled(factor)], PICTURE[window].repeat(factor, 0).repeat(factor, 1))


@given(windows, st.integers(0, 9))
def test_a_window_within_what_it_was_grown_to(window, margin):
    whole = window.grown(margin, HEIGHT, WIDTH)
    np.testing.assert_array_equal(PICTURE[whole][window.inside(whole)], PICTURE[window])


@given(st.integers(0, 20), st.integers(1, 60), st.integers(1, 25))
def test_spans_cover_everything_once_and_are_nearly_equal(start, length, most):
    found = spans(start, start + length, most)
    assert [index for span in found for index in range(span.start, span.stop)] == list(range(start, start + length))
    lengths = [span.stop - span.start for span in found]
    assert max(lengths) <= most
    assert max(lengths) - min(lengths) <= 1


def test_grown_stops_at_the_border():
    assert grown(slice(3, 8), 5, 10) == slice(0, 10)
    assert grown(slice(6, 8), 1, 10) == slice(5, 9)


def test_a_window_outside_the_picture_is_refused():
    assert checked(None, 3, 4).shape == (3, 4)
    with pytest.raises(OpticalZoomError):
        checked(Window(slice(0, 4), slice(0, 4)), 3, 4)
