"""What a contract says of sizes and channels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from networks import INPUTS

from opticalzoom.weights.contract import Contract


def test_grid_size_and_channels_of_the_contract() -> None:
    assert Contract(3, "resized").grid_size(10, 9) == (4, 3)
    assert Contract(3, "rgb").grid_size(10, 9) == (10, 9)
    assert [Contract(4, kind).grid_channels for kind in INPUTS] == [3, 4, 48]  # type: ignore[arg-type]


@given(st.integers(1, 100), st.integers(1, 100), st.integers(1, 8))
def test_padding_is_the_least_that_gives_multiples(height, width, multiple):
    rows, columns = Contract(2, "resized", multiple).padding(height, width)
    assert (height + rows) % multiple == (width + columns) % multiple == 0
    assert 0 <= rows < multiple
    assert 0 <= columns < multiple
