"""What losses refuse, and what they say."""

from __future__ import annotations

import re

import pytest
import torch

from opticalzoom.errors import ConfigError, ShapeError
from opticalzoom.losses.checks import check_pair, check_positive


@pytest.mark.parametrize(
    ("result", "target"),
    [((1, 3, 4, 4), (1, 3, 4, 5)), ((3, 4, 4), (3, 4, 4)), ((0, 3, 4, 4), (0, 3, 4, 4)), ((2, 3, 4, 4), (1, 3, 4, 4))],
    ids=["another size", "no batch", "empty", "would be broadcast"],
)
def test_other_pairs_than_equal_batches_are_refused_with_both_shapes(result, target):
    with pytest.raises(ShapeError, match=f"{re.escape(str(result))} and the target {re.escape(str(target))}.*N×C×H×W"):
        check_pair(torch.zeros(result), torch.zeros(target))


def test_equal_batches_pass():
    check_pair(torch.zeros(2, 5, 1, 7), torch.ones(2, 5, 1, 7))


@pytest.mark.parametrize("value", [0, -0.5, float("nan")])
def test_what_is_not_above_zero_is_refused_by_name(value):
    with pytest.raises(ConfigError, match=f"^bandwidth is {value}, expected a positive number"):
        check_positive(weight=1.0, bandwidth=value)


def test_positive_values_pass():
    check_positive(weight=1e-12, bandwidth=float("inf"))
