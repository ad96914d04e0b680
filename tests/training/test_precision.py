"""The precision of a training step follows what was measured."""

from __future__ import annotations

import pytest
import torch

from opticalzoom.training import precision


@pytest.mark.parametrize(
    ("float32", "bfloat16", "expected"),
    [(1.0, 0.4, "bf16-mixed"), (1.0, 0.95, "32-true"), (1.0, 2.0, "32-true")],
)
def test_bfloat16_has_to_be_a_tenth_faster(monkeypatch, float32, bfloat16, expected):
    seconds = {torch.float32: float32, torch.bfloat16: bfloat16}
    monkeypatch.setattr(precision, "_convolution_seconds", lambda dtype, device: seconds[dtype])
    assert precision.fast_precision() == expected


def test_both_are_timed_on_this_machine():
    assert precision.fast_precision() in {"bf16-mixed", "32-true"}
