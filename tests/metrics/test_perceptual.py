"""Perceptual metrics: published values, closed forms, torchmetrics' LPIPS on the same random weights, no network."""

from __future__ import annotations

from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchmetrics.functional.image.lpips as reference
from PIL import Image
from places import SHARED
from torch import Tensor

from opticalzoom.errors import DependencyError, ShapeError
from opticalzoom.metrics import dists, lpips, shift_tolerant_lpips
from opticalzoom.metrics import perceptual as module
from opticalzoom.metrics.perceptual import feature_distance
from opticalzoom.models.backbones.shift_tolerant import VGG16_LPIPS
from opticalzoom.models.backbones.vgg import vgg19
from opticalzoom.models.backbones.weight_files import stlpips_file

STLPIPS = SHARED / "data" / "stlpips"


@pytest.fixture(scope="module")
def st_lpips() -> module.Metric:
    try:
        return shift_tolerant_lpips("alex")
    except DependencyError as error:
        pytest.skip(str(error))


def random_pair(seed: int = 0, side: int = 48) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, side, side, generator=generator), torch.rand(2, 3, side, side, generator=generator)


@pytest.mark.parametrize(("network", "published"), [("alex", 0.7777555), ("vgg", 0.6516971)])
def test_published_values(network, published):
    if not STLPIPS.is_dir():
        pytest.skip("the authors' example pictures are not here")
    try:
        stlpips_file(network)
    except DependencyError as error:
        pytest.skip(str(error))
    ref, other = (
        torch.from_numpy(np.array(Image.open(STLPIPS / f"ex_{name}.png"), np.float32) / 255).permute(2, 0, 1)[None]
        for name in ("ref", "p0")
    )
    assert shift_tolerant_lpips(network)(ref, other, None).item() == pytest.approx(published, abs=1e-5)


def test_equal_pictures_have_no_distance_and_shifts_a_small_one(st_lpips):
    output, target = random_pair()
    assert st_lpips(target, target, None).tolist() == [0, 0]
    assert (st_lpips(target.roll(1, -1), target, None) < st_lpips(output, target, None)).all()


def test_each_picture_has_its_own_value(st_lpips):
    output, target = random_pair()
    one_by_one = torch.cat([st_lpips(a[None], b[None], None) for a, b in zip(output, target, strict=True)])
    torch.testing.assert_close(st_lpips(output, target, None), one_by_one)


def test_pixels_outside_of_the_mask_do_not_count(st_lpips):
    output, target = random_pair()
    mask = torch.zeros(2, 1, 48, 48, dtype=torch.bool)
    assert st_lpips(output, target, mask).tolist() == [0, 0]
    mask[..., :24] = True
    other = torch.where(mask, output, output.flip(1))
    torch.testing.assert_close(st_lpips(other, target, mask), st_lpips(output, target, mask))


def test_pictures_of_different_shape(st_lpips):
    with pytest.raises(ShapeError, match="cannot be compared"):
        st_lpips(torch.rand(1, 3, 48, 48), torch.rand(1, 3, 48, 47), None)


def test_equals_the_formula_written_out():
    torch.manual_seed(0)
    backbone = vgg19(taps=VGG16_LPIPS[:2])
    weights = [torch.rand(1, channels, 1, 1) for channels in (64, 128)]
    output, target = random_pair(1, 32)
    expected = torch.zeros(2)
    for one, other, weight in zip(backbone(output), backbone(target), weights, strict=True):
        unit, other_unit = reference._normalize_tensor(one), reference._normalize_tensor(other)
        expected += (weight * (unit - other_unit) ** 2).sum(1).mean((1, 2))
    torch.testing.assert_close(feature_distance(output, target, backbone, weights), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("make", [lpips, dists])
def test_without_a_network_the_remedy_is_named(make, monkeypatch):
    def offline(*_: object, **__: object) -> None:
        raise URLError("no way out")

    monkeypatch.setattr("torch.hub.download_url_to_file", offline)
    monkeypatch.setattr("torch.hub.get_dir", lambda: "/nonexistent/hub")
    monkeypatch.setattr("os.makedirs", lambda *_, **__: None)
    with pytest.raises(DependencyError, match="st_lpips"):
        make()
