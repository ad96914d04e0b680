"""Choices of the command line, against the engines that there are."""

from __future__ import annotations

from typing import get_args

import torch

from opticalzoom.weights.computing import LARGEST_TILE, MEMORY, PRECISIONS, Backend, Precision
from opticalzoom.weights.exported import TOLERANCE


def test_every_backend_has_float32_and_only_known_precisions():
    assert set(PRECISIONS) == set(get_args(Backend))
    for precisions in PRECISIONS.values():
        assert precisions[0] == "float32"
        assert set(precisions) <= set(get_args(Precision))


def test_precisions_are_pytorchs_and_have_a_tolerance():
    for precision in get_args(Precision):
        assert isinstance(getattr(torch, precision), torch.dtype)
    assert set(TOLERANCE) == set(get_args(Precision))


def test_the_largest_tile_fits_into_the_memory_with_64_features():
    assert LARGEST_TILE**2 * 2 * 64 * 4 * 2.4 < MEMORY
