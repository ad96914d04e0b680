"""Colours through the verb: what Little CMS shows of the result agrees with what it shows of the source."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
import torch
from profiles import grey_profile, rendered, rgb_profile
from skimage import data

from opticalzoom.cli.main import main
from opticalzoom.engines.checkpoint import save_model
from opticalzoom.models import build
from opticalzoom.photo.photograph import Photo, read_photo, write_photo
from opticalzoom.weights.card import ModelCard

PROFILES = {
    "srgb": imagecodecs.cms_profile("srgb"),
    "display p3": rgb_profile(2.2, "p3"),
    "adobe rgb": rgb_profile(2.2, "adobe"),
    "prophoto": rgb_profile(1.8, "prophoto"),
    "linear": rgb_profile(1.0, "srgb"),
    "grey 2.2": grey_profile(2.2),
    "grey linear": grey_profile(1.0),
}


def smooth(channels: int, dtype: type) -> np.ndarray:
    """A picture without detail, from dark to light, whose colours sRGB has whatever the primaries."""
    rows, columns = np.mgrid[:20, :24] / 24
    light = 0.5 + 0.3 * np.sin(2.5 * rows + 3 * columns)
    planes = [light + 0.03 * np.sin(4 * rows + 2 * (c + 1) * columns + c) for c in range(channels)]
    return np.rint(np.stack(planes, -1) * np.iinfo(dtype).max).astype(dtype)


def bicubic(picture: np.ndarray) -> np.ndarray:
    planes = torch.from_numpy(picture).permute(2, 0, 1)[None].double()
    return torch.nn.functional.interpolate(planes, scale_factor=3, mode="bicubic")[0].permute(1, 2, 0).numpy()


@pytest.fixture(scope="module")
def zoom(tmp_path_factory):
    """The verb with weights that interpolate, so that nothing but the handling of colours can differ."""
    weights = tmp_path_factory.mktemp("weights") / "bicubic.safetensors"
    save_model(weights, build("bicubic", scale=3), ModelCard("bicubic", {"scale": 3}))
    return lambda photo: main(["zoom", str(photo), "-o", str(photo.parent), "--weights", str(weights)])


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".webp"])
@pytest.mark.parametrize("name", PROFILES)
def test_colours_agree_with_bicubic(tmp_path, zoom, name, suffix):
    icc = PROFILES[name]
    dtype = np.uint16 if suffix in (".tif", ".png") else np.uint8
    source = smooth(1 if name.startswith("grey") else 3, dtype)
    write_photo(tmp_path / f"a{suffix}", Photo(source, icc=icc))
    assert zoom(tmp_path / f"a{suffix}") == 0
    zoomed = read_photo(tmp_path / f"a-x3{suffix}")
    if suffix == ".webp" and name.startswith("grey"):
        assert zoomed.icc[16:20] == b"RGB "  # WebP has no grey
    else:
        assert zoomed.icc == icc
    difference = rendered(zoomed.pixels, zoomed.icc) - bicubic(rendered(source, icc))
    assert np.abs(difference.mean((0, 1))).max() < 0.004  # one step of 255
    if dtype == np.uint16:
        assert np.abs(difference).max() < 0.004


def test_bundled_weights_keep_the_colours_of_a_photo(tmp_path):
    icc, source = PROFILES["display p3"], data.astronaut()[100:150, 200:260]
    write_photo(tmp_path / "a.png", Photo(source, icc=icc))
    assert main(["zoom", str(tmp_path / "a.png"), "-o", str(tmp_path), "--weights", "city100-x3"]) == 0
    difference = rendered(read_photo(tmp_path / "a-x3.png").pixels, icc) - bicubic(rendered(source, icc))
    assert np.abs(difference.mean((0, 1))).max() < 0.01


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_kept_noise_edges_and_all(tmp_path, zoom, channels):
    pixels = smooth(channels, np.uint16)
    pixels[..., -1] = np.random.default_rng(0).choice([0, 0, 20000, 65535], pixels.shape[:2])
    pixels[..., :-1][pixels[..., -1] == 0] = 0  # as most programs leave it
    write_photo(tmp_path / "a.tif", Photo(pixels))
    assert zoom(tmp_path / "a.tif") == 0
    zoomed = read_photo(tmp_path / "a-x3.tif").pixels / 65535
    alpha = bicubic(pixels[..., -1:] / 65535).clip(0, 1)
    np.testing.assert_allclose(zoomed[..., -1:], alpha, atol=1e-4)
    truth = bicubic(smooth(channels, np.uint16)[..., :-1] / 65535)
    assert np.abs((zoomed[..., :-1] - truth) * alpha).max() < 0.08  # no dark rims
