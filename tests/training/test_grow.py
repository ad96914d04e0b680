"""A grown network begins as the one that it grew from."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from networks import texture
from torch.nn.functional import avg_pool2d

from opticalzoom.engines.checkpoint import load_model, read_weights, save_model
from opticalzoom.errors import CheckpointError
from opticalzoom.metrics import psnr
from opticalzoom.models import build
from opticalzoom.training.grow import grow_tail, grow_weights, load_into
from opticalzoom.weights.card import ModelCard

TINY = {"features": 8, "blocks": 1}


@pytest.mark.parametrize("name", ["sdan_lite", "srresnet_lite"])
def test_deeper_nets_compute_the_same_at_first(name):
    small, large = build(name, scale=3, features=4, blocks=2), build(name, scale=3, features=4, blocks=5)
    large.load_state_dict(grow_weights(small.state_dict(), large.state_dict()))
    x = torch.rand(1, 3, 9, 7)
    torch.testing.assert_close(large.forward_unaligned(x).image, small.forward_unaligned(x).image)


def test_resized_input_is_taken_as_its_means():
    small = build("sdan_lite", scale=3, features=4, blocks=2)
    large = build("sdan_lite", scale=3, input="resized", features=4, blocks=3)
    large.load_state_dict(grow_weights(small.state_dict(), large.state_dict()))
    x = torch.rand(2, 3, 12, 15)
    torch.testing.assert_close(large.trunk.extract(x), small.trunk.extract(avg_pool2d(x, 3)))


def test_a_trunk_for_rgb_out_of_a_net_that_aligns_resized_input():
    large = build("sdan_lite", scale=3, input="resized", features=4, blocks=2)
    small = build("sdan_plus", scale=3, features=4, blocks=2)
    small.load_state_dict(grow_weights(large.state_dict(), small.state_dict()))
    x = torch.rand(2, 3, 6, 7)
    repeated = x.repeat_interleave(3, 2).repeat_interleave(3, 3)
    torch.testing.assert_close(small.trunk.extract(x), large.trunk.extract(repeated))
    torch.testing.assert_close(small.trunk.body[0].conv1.weight, large.trunk.body[0].conv1.weight)


@pytest.mark.parametrize(("trained", "wanted"), [("rgb", "raw"), ("raw", "rgb"), ("resized", "raw")])
def test_inputs_that_have_nothing_in_common(trained, wanted):
    small, large = (build("srresnet_lite", scale=3, input=kind, features=4, blocks=1) for kind in (trained, wanted))
    with pytest.raises(RuntimeError, match=r"trunk\.head\.weight"):
        large.load_state_dict(grow_weights(small.state_dict(), large.state_dict()))


def test_another_scale_keeps_the_features():
    small, large = (build("sdan_plus", scale=scale, features=4, blocks=2) for scale in (3, 4))
    fresh = large.trunk.tail[0].weight.clone()
    large.load_state_dict(grow_weights(small.state_dict(), large.state_dict()))
    x = torch.rand(1, 3, 9, 7)
    torch.testing.assert_close(large.trunk.body(large.trunk.extract(x)), small.trunk.body(small.trunk.extract(x)))
    assert torch.equal(large.trunk.tail[0].weight, fresh)


def test_what_fits_is_left_alone():
    trained, wanted = (build("sdan_lite", scale=2, features=4, blocks=2).state_dict() for _ in range(2))
    expected = {name: tensor.clone() for name, tensor in trained.items()}
    assert not torch.equal(trained["trunk.head.weight"], wanted["trunk.head.weight"])
    torch.testing.assert_close(grow_weights(trained, wanted), expected, rtol=0, atol=0)


def test_other_widths_are_refused():
    narrow, wide = build("srresnet_lite", scale=2, features=4, blocks=2), build("srresnet_lite", scale=2, features=8)
    with pytest.raises(RuntimeError, match="size mismatch"):
        wide.load_state_dict(grow_weights(narrow.state_dict(), wide.state_dict()))


@pytest.mark.parametrize("scale", [2, 4])
def test_it_zooms_as_the_old_network_resampled(scale):
    old = load_model("city100-x3")
    new = build("sdan_plus", scale=scale, blocks=6).eval()
    state = new.state_dict()
    new.load_state_dict({**state, **{n: v for n, v in read_weights("city100-x3").items() if v.shape == state[n].shape}})
    grow_tail(old, new, [texture(96, 96, seed) for seed in range(4)])
    x = texture(64, 80, seed=9)
    with torch.no_grad():
        found = new.forward_unaligned(x).image
        wanted = F.interpolate(old.forward_unaligned(x).image, found.shape[-2:], mode="bicubic", antialias=True)
        bicubic = build("bicubic", scale=scale)(x).image
    inside = (..., slice(8, -8), slice(8, -8))
    assert psnr(found[inside], wanted[inside]) > psnr(bicubic[inside], wanted[inside]) + 10


def test_the_same_scale_gives_the_same_network():
    torch.manual_seed(1)
    old = build("sdan_plus", scale=2, features=6, blocks=1).eval()
    new = build("sdan_plus", scale=2, features=6, blocks=1).eval()
    new.load_state_dict(old.state_dict())
    grow_tail(old, new, [torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) for seed in range(3)])
    x = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        torch.testing.assert_close(new.forward_unaligned(x).image, old.forward_unaligned(x).image, rtol=0, atol=2e-3)


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
