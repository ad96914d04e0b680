"""The base network: packed input, and precision."""

from __future__ import annotations

import itertools

import pytest
import torch
from networks import INPUTS, network_input, small_network
from torch import nn

from opticalzoom.models import trunk
from opticalzoom.weights.contract import SCALES


@pytest.mark.parametrize("kind", INPUTS)
def test_no_sum_of_two_dtypes(kind: str) -> None:
    """They are slow on CPUs; and the head is computed in float32, whatever its result is kept in."""
    trunk = small_network("srresnet", scale=2, input=kind).trunk
    dtypes = []
    for layer in trunk.body:
        layer.register_forward_pre_hook(lambda _, inputs: dtypes.append(inputs[0].dtype))
    x = network_input(trunk, 8, 8)
    with torch.no_grad():
        exact = trunk.extract(x)
        with torch.autocast("cpu", torch.bfloat16):
            features = trunk.extract(x)
            trunk.restore(features, x)
    assert exact.dtype == torch.float32
    assert dtypes == [torch.bfloat16] * len(trunk.body)
    torch.testing.assert_close(features, exact.bfloat16(), atol=0, rtol=0)


@pytest.mark.parametrize("scale", SCALES)
def test_resized_input_is_packed_without_loss(scale: int) -> None:
    """With a head that picks out one packed channel, the features are every s-th pixel of the padded input."""
    base = trunk.Trunk(scale, "resized", features=3 * scale**2, blocks=1)
    nn.init.dirac_(base.head.weight)
    nn.init.zeros_(base.head.bias)
    x = torch.rand(1, 3, 2 * scale + 1, 3 * scale - 1)
    features = base.extract(x)
    rows = torch.arange(3 * scale).clamp(max=2 * scale)
    columns = torch.arange(3 * scale).clamp(max=3 * scale - 2)
    padded = x[:, :, rows][..., columns]
    for c, i, j in itertools.product(range(3), range(scale), range(scale)):
        expected = padded[:, c, i::scale, j::scale]
        assert torch.equal(features[:, c * scale**2 + i * scale + j], expected)
