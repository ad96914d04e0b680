"""Networks and engines as engines."""

from __future__ import annotations

import numpy as np
from exportables import tiny

from opticalzoom.engines.engine import Engine, as_engine
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.weights.contract import Contract


class Nearest:
    """An engine that repeats pixels."""

    contract = Contract(2)
    streams = 1
    bytes_per_pixel = 1

    def __call__(self, x):
        return x.repeat(2, 2).repeat(2, 3)


def test_an_engine_stays_as_it_is():
    engine = Nearest()
    assert isinstance(engine, Engine)
    assert as_engine(engine) is engine


def test_a_network_becomes_one_of_pytorch():
    network = tiny()
    engine = as_engine(network)
    assert isinstance(engine, TorchEngine)
    assert engine.contract == network.contract
    assert engine(np.zeros((1, 3, 4, 5), np.float32)).shape == (1, 3, 12, 15)
