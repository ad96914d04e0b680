from __future__ import annotations

from urllib.error import URLError

import pytest
import torch

from opticalzoom.errors import CheckpointError, ConfigError, DependencyError, ModelError
from opticalzoom.models.backbones.feature_networks import FEATURE_NETWORKS, feature_network
from opticalzoom.models.backbones.shift_tolerant import shift_tolerant_alex


def offline(*args: object, **kwargs: object) -> None:
    raise URLError("no route to host")


def test_offline_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", offline)
    with pytest.raises(DependencyError, match="give its path"):
        feature_network("vgg19")


def test_unknown_layers_are_refused_before_anything_is_downloaded(monkeypatch):
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", offline)
    with pytest.raises(ModelError, match="relu7_7"):
        feature_network("vgg19", ["relu7_7"])
    with pytest.raises(ConfigError, match="vgg19"):
        feature_network("vgg20")


def test_weights_of_a_file(tmp_path):
    torch.manual_seed(0)
    network = shift_tolerant_alex()
    state = {f"net.slice1.{key.removeprefix('layers.')}": value for key, value in network.state_dict().items()}
    torch.save(state, tmp_path / "alex.pth")
    image = torch.rand(1, 3, 32, 32)
    loaded = feature_network("stlpips-alex", ["relu2"], tmp_path / "alex.pth")
    torch.testing.assert_close(loaded(image)[0], network(image)[1])
    with pytest.raises(CheckpointError, match="do not fit"):
        feature_network("stlpips-vgg16", weights=tmp_path / "alex.pth")


@pytest.mark.parametrize("name", [name for name in FEATURE_NETWORKS if name.startswith("stlpips")])
def test_released_networks_tell_edges_from_a_shift(name):
    try:
        network = feature_network(name)
    except DependencyError as error:
        pytest.skip(str(error))
    picture = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(0)).cumsum(3) / 48
    near, far = network(picture.roll(1, 3)), network(picture.roll(1, 3).flip(2))
    for here, a, b in zip(network(picture), near, far, strict=True):
        assert (here - a).abs().mean() < (here - b).abs().mean()
