"""The feature networks: against torchvision's, against plain loops, and as files that may be missing or wrong."""

from __future__ import annotations

import importlib.metadata

import pytest
import torch
import torchvision

from opticalzoom.errors import CheckpointError, DependencyError, ModelError, ShapeError
from opticalzoom.models.backbones.pretrained import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    BlurPool,
    lpips_weights,
    read_state,
    shift_tolerant_alex,
    shift_tolerant_vgg16,
    stlpips_file,
    vgg19,
)

NETWORKS = {"vgg19": (vgg19, 16), "vgg": (shift_tolerant_vgg16, 18), "alex": (shift_tolerant_alex, 21)}


@pytest.mark.parametrize("name", NETWORKS)
def test_smallest_image_and_no_smaller(name):
    build, side = NETWORKS[name]
    network = build()
    features = network(torch.rand(2, 3, side, side + 1))
    assert len(features) == 5
    assert all(part.shape[0] == 2 and part.isfinite().all() for part in features)
    with pytest.raises(ShapeError, match=f"at least {side}"):
        network(torch.rand(1, 3, side - 1, side))


def test_vgg19_equals_torchvision():
    torch.manual_seed(0)
    theirs = torchvision.models.vgg19(weights=None).eval()
    image = torch.rand(1, 3, 32, 40)
    mean, std = (torch.tensor(part).view(1, 3, 1, 1) for part in (IMAGENET_MEAN, IMAGENET_STD))
    for tap, depth in {"conv1_2": 3, "relu2_1": 7, "pool3": 19, "conv5_4": 35}.items():
        with torch.no_grad():
            expected = theirs.features[:depth]((image - mean) / std)
        torch.testing.assert_close(vgg19(theirs.state_dict(), [tap])(image)[0], expected)


def test_taps_come_in_the_order_asked_for():
    network = vgg19(taps=["relu2_1", "conv1_1"])
    assert [part.shape[1:] for part in network(torch.rand(1, 3, 16, 16))] == [(128, 8, 8), (64, 16, 16)]
    with pytest.raises(ModelError, match="conv9_1"):
        vgg19(taps=["conv9_1"])
    with pytest.raises(ModelError, match="layers to compare"):
        vgg19(taps=[])


def test_weights_are_frozen_and_images_get_gradients():
    network = vgg19(taps=["relu1_1"])
    image = torch.rand(1, 3, 16, 16, requires_grad=True)
    network(image)[0].sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    assert not any(weight.requires_grad for weight in network.parameters())


@pytest.mark.parametrize(("height", "width"), [(3, 4), (6, 5)])
def test_blur_against_loops(height, width):
    x = torch.rand(1, 2, height, width)
    padded = torch.tensor([[[[x[0, c, _mirror(i - 2, height), _mirror(j - 2, width)] for j in range(width + 4)]
                             for i in range(height + 4)] for c in range(2)]])  # fmt: skip
    out = BlurPool(2)(x)
    assert out.shape[2:] == ((height + 1) // 2 + 1, (width + 1) // 2 + 1)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            block = padded[0, 1, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            expected = sum((2 - abs(a - 1)) * (2 - abs(b - 1)) * block[a, b] / 16 for a in range(3) for b in range(3))
            assert out[0, 1, i, j].item() == pytest.approx(float(expected), abs=1e-6)


def _mirror(index: int, size: int) -> int:
    index = abs(index)
    return index if index < size else 2 * (size - 1) - index


def test_weights_of_another_network_are_refused():
    with pytest.raises(CheckpointError, match="do not fit"):
        shift_tolerant_vgg16(torchvision.models.alexnet(weights=None).state_dict())
    with pytest.raises(CheckpointError, match="no LPIPS weights"):
        lpips_weights({"features.0.weight": torch.zeros(1)})


def test_damaged_missing_and_foreign_files(tmp_path):
    for name, content in {"text.pth": b"not weights", "empty.pth": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CheckpointError, match=name):
            read_state(tmp_path / name)
    with pytest.raises(CheckpointError, match="absent"):
        read_state(tmp_path / "absent.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(CheckpointError, match="state dict"):
        read_state(tmp_path / "list.pth")


def test_without_the_wheel_the_remedy_is_named(monkeypatch):
    def absent(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    with pytest.raises(DependencyError, match="pip install stlpips-pytorch"):
        stlpips_file("vgg")


@pytest.mark.parametrize("name", ["vgg", "alex"])
def test_released_weights(name):
    try:
        path = stlpips_file(name)
    except DependencyError as error:
        pytest.skip(str(error))
    state = read_state(path)
    features = NETWORKS[name][0](state)(torch.rand(1, 3, 33, 47))
    weights = lpips_weights(state)
    assert list(weights) == ["lin0", "lin1", "lin2", "lin3", "lin4"]
    assert [part.shape[1] for part in features] == [part.shape[1] for part in weights.values()]
    mean, std = (1 + state["scaling_layer.shift"].flatten()) / 2, state["scaling_layer.scale"].flatten() / 2
    torch.testing.assert_close(mean, torch.tensor(IMAGENET_MEAN))
    torch.testing.assert_close(std, torch.tensor(IMAGENET_STD))
