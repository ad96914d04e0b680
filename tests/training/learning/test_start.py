"""Learning starts from the bundled weights of the nearest scale."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from learnings import soft_lens

from opticalzoom.engines.checkpoint import load_model
from opticalzoom.errors import ConfigError
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.training.learning.start import nearest_base, starting_network
from opticalzoom.training.patches import to_tensor


@pytest.mark.parametrize(
    ("scale", "kind", "base"),
    [
        (2, "rgb", "city100-x3"),
        (3, "rgb", "city100-x3"),
        (4, "rgb", "city100-x4"),
        (8, "rgb", "city100-x4"),
        (2, "raw", "raw-x4"),
        (3, "resized", "city100-x3-resized"),
    ],
)
def test_the_nearest_base(scale, kind, base):
    assert nearest_base(scale, kind) == base


def test_an_unknown_kind_of_input_is_told():
    with pytest.raises(ConfigError, match="infrared"):
        nearest_base(2, "infrared")


def test_the_same_scale_starts_with_the_weights_as_they_are():
    model, card = starting_network("city100-x3", 3, [])
    old = load_model("city100-x3")
    assert card.arguments["scale"] == 3
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), old.parameters(), strict=True))


def test_another_scale_is_grown_on_the_cards_own_photos():
    lens = soft_lens(3)
    model, card = starting_network("city100-x3", 2, lens.pairs)
    assert (model.contract.scale, card.arguments["scale"]) == (2, 2)
    assert model(torch.rand(1, 3, 16, 16)).image.shape == (1, 3, 32, 32)


def test_raw_weights_grow_too():
    mosaic = np.random.default_rng(0).integers(0, 2**16, (48, 56, 4), np.uint16)
    pair = TrainingPair("raw", mosaic, np.zeros((192, 224, 3), np.uint16), np.ones((192, 224), bool))
    model, _ = starting_network("raw-x4", 2, [pair])
    assert model.contract.input == "raw"
    x = to_tensor(mosaic)[None]
    with torch.no_grad():
        old = torch.nn.functional.avg_pool2d(load_model("raw-x4").forward_unaligned(x).image, 2)
        found = model.forward_unaligned(x).image
    assert found.shape == old.shape
    assert float((found - old).square().mean().sqrt()) < 0.05  # noise in, so only roughly
