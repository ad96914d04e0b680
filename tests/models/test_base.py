"""What every network is: a model that does not align answers both calls alike, and one that aligns does not."""

from __future__ import annotations

import pytest
import torch
from networks import network_input, small_network
from torch import Tensor

from opticalzoom.models import MODELS
from opticalzoom.models.base import ZoomModel, ZoomOutput


class Doubled(ZoomModel):
    """The least that a model has to define."""

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        return ZoomOutput(x.repeat_interleave(2, -1).repeat_interleave(2, -2))


def test_a_model_without_forward_is_none():
    class Nothing(ZoomModel):
        pass

    with pytest.raises(TypeError, match="forward"):
        Nothing()


def test_without_alignment_both_calls_are_one():
    x = torch.rand(2, 3, 4, 5)
    output = Doubled().forward_unaligned(x)
    assert torch.equal(output.image[..., ::2, ::2], x)
    assert output[1:] == (None, None, None)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_one_and_zooms_without_a_reference_alone(name):
    model = small_network(name, scale=2, input="rgb")
    assert isinstance(model, ZoomModel)
    output = model.forward_unaligned(network_input(model, 6, 5))
    assert output.image.shape == (1, 3, 12, 10)
    assert output[1:] == (None, None, None)
