"""Our weights through spandrel's own loader, against our own zoom."""

from __future__ import annotations

import numpy as np
import pytest
import torch

spandrel = pytest.importorskip("spandrel")

from opticalzoom.engines.checkpoint import load_model, save_model  # noqa: E402
from opticalzoom.models import build  # noqa: E402
from opticalzoom.spandrel_plugin import install  # noqa: E402
from opticalzoom.weights.card import ModelCard, bundled  # noqa: E402
from opticalzoom.zooming.in_memory import zoom  # noqa: E402


@pytest.fixture
def loader():
    install()
    install()  # a second time does no harm
    return spandrel.ModelLoader()


def load(loader, folder, builder, **arguments):
    """The network and what spandrel makes of its file."""
    torch.manual_seed(0)
    model = build(builder, **arguments).eval()
    path = save_model(folder / "weights.safetensors", model, ModelCard(builder, arguments))
    return model, loader.load_from_file(path)


def test_bundled_weights_zoom_as_ours(loader):
    pixels = np.random.default_rng(0).integers(0, 256, (24, 31, 3), np.uint8)
    loaded = loader.load_from_file(bundled()["city100-x3"])
    assert isinstance(loaded, spandrel.ImageModelDescriptor)
    assert (loaded.architecture.id, loaded.purpose, loaded.scale) == ("OpticalZoom", "SR", 3)
    assert (loaded.input_channels, loaded.output_channels) == (3, 3)
    assert loaded.size_requirements.none
    zoomed = loaded(torch.from_numpy(pixels / np.float32(255)).permute(2, 0, 1)[None])
    expected = zoom(load_model("city100-x3"), pixels)
    assert np.abs(zoomed[0].permute(1, 2, 0).numpy() * 255 - expected).max() <= 0.5 + 0.01  # rounded to whole steps


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("builder", ["sdan", "sdan_lite", "sdan_plus", "srresnet", "srresnet_lite"])
def test_every_named_network(loader, tmp_path, builder, scale):
    model, loaded = load(loader, tmp_path, builder, scale=scale, features=8, blocks=2)
    x = torch.rand(1, 3, 9, 7)
    assert loaded.tags == ["8nf", "2nb"]
    assert loaded.scale == scale
    with torch.inference_mode():
        expected = model.forward_unaligned(x).image.clamp(0, 1)
    torch.testing.assert_close(loaded(x), expected)


@pytest.mark.parametrize("choice", [{"attention": "gram"}, {"flips": False}, {"deform": "per_point"}])
def test_how_it_was_aligned_in_training_does_not_matter(loader, tmp_path, choice):
    model, loaded = load(loader, tmp_path, "sdan", scale=2, features=8, blocks=1, **choice)
    x = torch.rand(1, 3, 8, 8)
    with torch.inference_mode():
        torch.testing.assert_close(loaded(x), model.forward_unaligned(x).image.clamp(0, 1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(loader, tmp_path, dtype):
    _, loaded = load(loader, tmp_path, "sdan_lite", scale=3, features=8, blocks=1)
    x = torch.rand(1, 3, 12, 12)
    expected = loaded(x)
    zoomed = loaded.to(dtype)(x.to(dtype))
    assert zoomed.dtype == dtype
    torch.testing.assert_close(zoomed.float(), expected, atol=0.02, rtol=0)


def test_raw_weights_are_none_of_its_business(loader):
    with pytest.raises(spandrel.UnsupportedModelError):
        loader.load_from_file(bundled()["raw-x4"])
