"""The networks of ST-LPIPS: blurred pooling against plain loops, and the released weights."""

from __future__ import annotations

import pytest
import torch

from opticalzoom.errors import DependencyError
from opticalzoom.models.backbones.backbone import IMAGENET_MEAN, IMAGENET_STD
from opticalzoom.models.backbones.shift_tolerant import BlurPool, shift_tolerant_alex, shift_tolerant_vgg16
from opticalzoom.models.backbones.weight_files import lpips_weights, read_state, stlpips_file

NETWORKS = {"vgg": shift_tolerant_vgg16, "alex": shift_tolerant_alex}


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


@pytest.mark.parametrize("name", ["vgg", "alex"])
def test_released_weights(name):
    try:
        path = stlpips_file(name)
    except DependencyError as error:
        pytest.skip(str(error))
    state = read_state(path)
    features = NETWORKS[name](state)(torch.rand(1, 3, 33, 47))
    weights = lpips_weights(state)
    assert list(weights) == ["lin0", "lin1", "lin2", "lin3", "lin4"]
    assert [part.shape[1] for part in features] == [part.shape[1] for part in weights.values()]
    mean, std = (1 + state["scaling_layer.shift"].flatten()) / 2, state["scaling_layer.scale"].flatten() / 2
    torch.testing.assert_close(mean, torch.tensor(IMAGENET_MEAN))
    torch.testing.assert_close(std, torch.tensor(IMAGENET_STD))
