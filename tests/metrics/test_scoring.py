"""All metrics at once: against scikit-image and the published figures of City100."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from places import SHARED
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from opticalzoom.errors import ShapeError
from opticalzoom.metrics import METRICS, score

CITY100 = SHARED / "data" / "city100"
WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}


def array(image: torch.Tensor) -> np.ndarray:
    return image.permute(1, 2, 0).double().numpy()


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_checks_shapes(name):
    with pytest.raises(ShapeError, match="differ in shape"):
        METRICS[name](torch.zeros(1, 3, 12, 12), torch.zeros(1, 3, 12, 13), None)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_gives_one_value_per_image_and_falls_with_noise(name):
    target = torch.rand(2, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    noise = torch.randn(target.shape, generator=torch.Generator().manual_seed(5))
    little, much = (METRICS[name](target + strength * noise, target, None) for strength in (0.05, 0.2))
    assert little.shape == (2,)
    assert (little > much).all()


def city100(camera: str, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    if not CITY100.is_dir():
        pytest.skip("City100 is not beside the repository (../shared/data/city100)")
    low, high = (
        torch.from_numpy(np.array(Image.open(CITY100 / camera / f"{name}{kind}.webp").convert("RGB"))) / 255
        for kind in "LH"
    )
    return low.permute(2, 0, 1)[None], high.permute(2, 0, 1)[None]


def test_published_figures_of_city100():
    """Chen et al., CVPR 2019: the Nikon's five test pictures as shipped."""
    scores = [score(*city100("NikonD5500", name)) for name in ("001", "016", "048", "060", "098")]
    mean = {metric: float(sum(s[metric] for s in scores)) / 5 for metric in METRICS}
    assert round(mean["psnr_y"], 2) == 28.15
    assert round(mean["ssim_y"], 3) == 0.811
    assert round(mean["psnr_rgb"], 2) == 26.22


def test_city100_iphone_agrees_with_scikit_image():
    low, high = city100("iPhoneX", "016")
    mine = score(low, high)
    y = [np.round(rgb2ycbcr(array(image[0]))[..., 0]) / 255 for image in (low, high)]
    assert float(mine["psnr_y"]) == pytest.approx(peak_signal_noise_ratio(y[1], y[0], data_range=1), abs=1e-4)
    assert float(mine["ssim_y"]) == pytest.approx(structural_similarity(*y, **WANG), abs=1e-4)
    rgb = [array(image[0]) for image in (low, high)]
    assert float(mine["psnr_rgb"]) == pytest.approx(peak_signal_noise_ratio(rgb[1], rgb[0], data_range=1), abs=1e-4)
    each = structural_similarity(*rgb, channel_axis=2, **WANG)
    assert float(mine["ssim_rgb"]) == pytest.approx(each, abs=1e-4)
