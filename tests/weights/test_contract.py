"""What a contract says of sizes and channels."""

from __future__ import annotations

from networks import INPUTS

from opticalzoom.weights.contract import Contract


def test_grid_size_and_channels_of_the_contract() -> None:
    assert Contract(3, "resized").grid_size(10, 9) == (4, 3)
    assert Contract(3, "rgb").grid_size(10, 9) == (10, 9)
    assert [Contract(4, kind).grid_channels for kind in INPUTS] == [3, 4, 48]  # type: ignore[arg-type]
