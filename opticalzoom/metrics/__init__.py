"""Metrics. A new one is a pure function over tensors and a line in :data:`METRICS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from opticalzoom.metrics.fidelity import limited_range_y, psnr, quantise, ssim
from opticalzoom.metrics.offset_error import end_point_error
from opticalzoom.metrics.perceptual import PERCEPTUAL, dists, lpips, shift_tolerant_lpips

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

Metric = Callable[[Tensor, Tensor, "Tensor | None"], Tensor]
"""(output, target, mask) -> N values. Pictures N×3×H×W in [0, 1]; mask N×1×H×W bool or None for every pixel."""


def _of_y(metric: Metric) -> Metric:
    return lambda output, target, mask: metric(
        quantise(limited_range_y(output)), quantise(limited_range_y(target)), mask
    )


METRICS: dict[str, Metric] = {
    "psnr_y": _of_y(psnr),
    "ssim_y": _of_y(ssim),
    "psnr_rgb": psnr,
    "ssim_rgb": ssim,
}


def score(
    output: Tensor, target: Tensor, mask: Tensor | None = None, metrics: Mapping[str, Metric] = METRICS
) -> dict[str, Tensor]:
    """All :data:`METRICS`, or others, of two pictures rounded to 8 bit, as the field publishes them: N values each.

    Raises:
        ShapeError: the pictures differ in shape, or are too small for a metric.
    """
    output, target = quantise(output), quantise(target)
    return {name: metric(output, target, mask) for name, metric in metrics.items()}
