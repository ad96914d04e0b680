"""PyTorch as an engine."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
import torch
from exportables import tiny
from torch import nn

from opticalzoom.engines.torch_engine import TorchEngine, layer_bytes
from opticalzoom.models import ZoomModel, ZoomOutput
from opticalzoom.parallel.cores import cores_kept
from opticalzoom.weights.contract import Contract


class OneConvolution(ZoomModel):
    """3 channels to 12, shuffled to twice the size."""

    def __init__(self):
        super().__init__()
        self.contract, self.layer = Contract(2), nn.Conv2d(3, 12, 3, padding=1)

    def forward(self, x, reference=None):
        return ZoomOutput(nn.functional.pixel_shuffle(self.layer(x), 2))


def test_the_picture_is_that_of_the_network_without_alignment():
    network = tiny()
    x = np.random.default_rng(0).random((2, 3, 9, 14), np.float32)
    with torch.inference_mode():
        expected = network.forward_unaligned(torch.from_numpy(x)).image.numpy()
    np.testing.assert_allclose(TorchEngine(network)(x), expected, rtol=0, atol=1e-6)


def test_low_precision_is_near():
    network = tiny()
    x = np.random.default_rng(0).random((1, 3, 9, 14), np.float32)
    found = TorchEngine(network, "bfloat16")(x)
    assert found.dtype == np.float32
    assert 0 < np.abs(found - TorchEngine(network)(x)).max() < 1 / 255


def test_layers_are_counted_in_bytes_for_each_pixel():
    model = OneConvolution().eval()
    assert layer_bytes(model) == 4 * (3 + 12 + 3 * 4)  # float32: what the layer takes and gives, and the picture
    assert TorchEngine(model).bytes_per_pixel == np.ceil(2.4 * layer_bytes(model))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork")
def test_a_forked_process_does_not_wait_for_threads_that_it_lacks():
    engine, x = TorchEngine(tiny()), np.random.default_rng(0).random((1, 3, 96, 96), np.float32)
    with cores_kept():
        torch.set_num_threads(2)
        expected = engine(x)
        read, write = os.pipe()
        if os.fork() == 0:
            signal.alarm(30)  # ends it if it waits
            os.write(write, str(np.abs(engine(x) - expected).max()).encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as file:
            assert float(file.read() or "nan") < 1e-6
        os.wait()
