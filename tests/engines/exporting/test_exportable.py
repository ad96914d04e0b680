"""What is exported of a network."""

from __future__ import annotations

import logging
import warnings

import pytest
import torch
from exportables import tiny

from opticalzoom.engines.exporting.exportable import Unaligned, quiet


def test_float32_goes_in_and_comes_out_in_every_precision():
    x = torch.rand(1, 3, 8, 9, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = tiny().forward_unaligned(x).image
        assert torch.equal(Unaligned(tiny())(x), expected)
        low = Unaligned(tiny(), torch.bfloat16)(x)
    assert low.dtype == torch.float32
    assert 0 < (low - expected).abs().max() < 0.05


def test_remarks_are_kept_back_and_come_again_afterwards():
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    with quiet():
        assert logger.level == logging.ERROR
        warnings.warn("a remark", stacklevel=1)
    assert logger.level == level
    with pytest.warns(UserWarning, match="a remark"):
        warnings.warn("a remark", stacklevel=1)
