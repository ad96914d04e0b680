"""Self-ensemble of engines, against that of networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from exportables import tiny

from opticalzoom.engines.engine_ensemble import EnsembleEngine
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.errors import ModelError
from opticalzoom.models.ensemble import SelfEnsemble

X = np.random.default_rng(0).random((2, 3, 7, 11), np.float32)


def test_it_is_the_ensemble_of_the_network():
    network = tiny()
    with torch.inference_mode():
        expected = SelfEnsemble(network)(torch.from_numpy(X)).image.numpy()
    np.testing.assert_allclose(EnsembleEngine(TorchEngine(network))(X), expected, rtol=0, atol=1e-6)


def test_a_turned_picture_gives_the_turned_result():
    zoom = EnsembleEngine(TorchEngine(tiny()))
    for axes in ((0, 1, 2, 3), (0, 1, 3, 2)):
        turned = zoom(np.ascontiguousarray(X.transpose(axes)[..., ::-1]))
        np.testing.assert_allclose(turned, zoom(X).transpose(axes)[..., ::-1], rtol=0, atol=1e-5)


def test_mosaics_are_refused():
    with pytest.raises(ModelError, match="cannot be turned"):
        EnsembleEngine(TorchEngine(tiny("sdan_lite", "raw", 2)))
