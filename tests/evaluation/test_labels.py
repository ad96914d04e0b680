"""Names that the command line offers before PyTorch is imported, against the functions that they name."""

from __future__ import annotations

import pytest

from opticalzoom.evaluation.labels import PERCEPTUAL_NAMES, metric_digits, metric_title
from opticalzoom.metrics import METRICS, PERCEPTUAL


def test_perceptual_metrics_are_those_that_there_are():
    assert tuple(PERCEPTUAL) == PERCEPTUAL_NAMES


def test_decibels_have_a_unit_and_two_decimals_and_other_metrics_four():
    titles = {name: (metric_title(name), metric_digits(name)) for name in (*METRICS, *PERCEPTUAL_NAMES)}
    assert titles == {
        "psnr_y": ("PSNR Y (dB)", 2),
        "ssim_y": ("SSIM Y", 4),
        "psnr_rgb": ("PSNR RGB (dB)", 2),
        "ssim_rgb": ("SSIM RGB", 4),
        "st_lpips": ("ST LPIPS", 4),
        "lpips": ("LPIPS", 4),
        "dists": ("DISTS", 4),
    }


@pytest.mark.parametrize(("metric", "title"), [("psnr_y", "PSNR Y"), ("ssim_y", "SSIM Y")])
def test_the_unit_can_be_left_out(metric, title):
    assert metric_title(metric, unit=False) == title
