"""Two pictures or two fields of offsets go in, figures come out; a new metric is a function and a line in METRICS."""

from __future__ import annotations

from opticalzoom.metrics.fidelity import limited_range_y, psnr, quantise, ssim
from opticalzoom.metrics.offset_error import end_point_error
from opticalzoom.metrics.perceptual import PERCEPTUAL, dists, lpips, shift_tolerant_lpips
from opticalzoom.metrics.scoring import METRICS, Metric, score

__all__ = [
    "METRICS",
    "PERCEPTUAL",
    "Metric",
    "dists",
    "end_point_error",
    "limited_range_y",
    "lpips",
    "psnr",
    "quantise",
    "score",
    "shift_tolerant_lpips",
    "ssim",
]
