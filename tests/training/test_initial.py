"""Weights of a file as the beginning of another training."""

from __future__ import annotations

import pytest
import torch

from opticalzoom.engines.checkpoint import load_model, save_model
from opticalzoom.errors import CheckpointError
from opticalzoom.models import build
from opticalzoom.training.initial import load_into
from opticalzoom.weights.card import ModelCard

TINY = {"features": 8, "blocks": 1}


@pytest.fixture
def weights(tmp_path):
    card = ModelCard("sdan_lite", {"scale": 2, **TINY})
    return save_model(tmp_path / "tiny.safetensors", build(card.builder, **card.arguments), card)


def test_weights_of_another_model_are_not_loaded(weights):
    with pytest.raises(CheckpointError, match="another model"):
        load_into(build("rrdb", scale=2, features=4, growth=2, blocks=1), weights)


def test_the_base_network_of_one_that_aligns(weights):
    model = build("srresnet_lite", scale=2, **TINY)
    load_into(model, weights)
    torch.testing.assert_close(model.trunk.state_dict(), load_model(weights).trunk.state_dict())


def test_weights_of_another_scale_lend_their_features(weights):
    model = build("sdan_lite", scale=3, **TINY)
    load_into(model, weights)
    assert torch.equal(model.trunk.head.weight, load_model(weights).trunk.head.weight)


def test_nothing_is_drawn_so_that_a_seed_trains_alike_with_and_without(weights):
    model = build("sdan_lite", scale=2, **TINY)
    before = torch.get_rng_state()
    load_into(model, weights)
    assert torch.equal(torch.get_rng_state(), before)
