"""A grown network begins as the one that it grew from."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import avg_pool2d

from opticalzoom.models import build
from opticalzoom.models.grow import grown


@pytest.mark.parametrize("name", ["sdan_lite", "srresnet_lite"])
def test_deeper_nets_compute_the_same_at_first(name):
    small, large = build(name, scale=3, features=4, blocks=2), build(name, scale=3, features=4, blocks=5)
    large.load_state_dict(grown(small.state_dict(), large.state_dict()))
    x = torch.rand(1, 3, 9, 7)
    torch.testing.assert_close(large.forward_unaligned(x).image, small.forward_unaligned(x).image)


def test_resized_input_is_taken_as_its_means():
    small = build("sdan_lite", scale=3, features=4, blocks=2)
    large = build("sdan_lite", scale=3, input="resized", features=4, blocks=3)
    large.load_state_dict(grown(small.state_dict(), large.state_dict()))
    x = torch.rand(2, 3, 12, 15)
    torch.testing.assert_close(large.trunk.extract(x), small.trunk.extract(avg_pool2d(x, 3)))


def test_another_scale_keeps_the_features():
    small, large = (build("sdan_plus", scale=scale, features=4, blocks=2) for scale in (3, 4))
    fresh = large.trunk.tail[0].weight.clone()
    large.load_state_dict(grown(small.state_dict(), large.state_dict()))
    x = torch.rand(1, 3, 9, 7)
    torch.testing.assert_close(large.trunk.body(large.trunk.extract(x)), small.trunk.body(small.trunk.extract(x)))
    assert torch.equal(large.trunk.tail[0].weight, fresh)


def test_what_fits_is_left_alone():
    state = build("sdan_lite", scale=2, features=4, blocks=2).state_dict()
    assert grown(state, state) == state


def test_other_widths_are_refused():
    narrow, wide = build("srresnet_lite", scale=2, features=4, blocks=2), build("srresnet_lite", scale=2, features=8)
    with pytest.raises(RuntimeError, match="size mismatch"):
        wide.load_state_dict(grown(narrow.state_dict(), wide.state_dict()))
