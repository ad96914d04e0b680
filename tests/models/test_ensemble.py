"""The self-ensemble against what turning and averaging must give."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from opticalzoom.errors import ModelError
from opticalzoom.models import build
from opticalzoom.models.base import ZoomOutput
from opticalzoom.models.ensemble import SelfEnsemble
from opticalzoom.weights.contract import Contract


class Ramp(nn.Module):
    """Enlarges and adds a ramp from left to right, wherever the picture's left is."""

    contract = Contract(2)

    def forward_unaligned(self, x: Tensor) -> ZoomOutput:
        image = nn.functional.interpolate(x, scale_factor=2)
        return ZoomOutput(image + torch.linspace(-1, 1, image.shape[-1]))

    def forward(self, x: Tensor, reference: Tensor) -> ZoomOutput:
        return ZoomOutput(self.forward_unaligned(x).image + nn.functional.interpolate(reference, scale_factor=2))


def test_what_depends_on_the_side_cancels_and_turns_come_back():
    x, reference = torch.rand(2, 3, 5, 8), torch.rand(2, 3, 5, 8)
    enlarged = nn.functional.interpolate(x, scale_factor=2)
    torch.testing.assert_close(SelfEnsemble(Ramp())(x).image, enlarged)
    torch.testing.assert_close(SelfEnsemble(Ramp()).forward_unaligned(x).image, enlarged)
    both = enlarged + nn.functional.interpolate(reference, scale_factor=2)
    torch.testing.assert_close(SelfEnsemble(Ramp())(x, reference).image, both)


@pytest.mark.parametrize("kind", ["rgb", "resized"])
def test_turning_the_input_turns_the_result(kind):
    torch.manual_seed(0)
    model = SelfEnsemble(build("sdan_lite", scale=2, input=kind).eval())
    x = torch.rand(1, 3, 16, 24)
    with torch.inference_mode():
        plain, turned = model(x).image, model(x.flip(-1).mT.contiguous()).image
    torch.testing.assert_close(turned, plain.flip(-1).mT, atol=1e-5, rtol=1e-4)


def test_mosaics_cannot_be_turned():
    with pytest.raises(ModelError, match="mosaic"):
        SelfEnsemble(build("sdan_lite", scale=2, input="raw"))
