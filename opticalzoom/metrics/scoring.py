"""The metrics by name, and all of them of two pictures at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from opticalzoom.metrics.fidelity import limited_range_y, psnr, quantise, ssim

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
"""Metrics that need no network, by the name that tables know them under."""


def score(
    output: Tensor, target: Tensor, mask: Tensor | None = None, metrics: Mapping[str, Metric] = METRICS
) -> dict[str, Tensor]:
    """All :data:`METRICS`, or others, of two pictures rounded to 8 bit, as the field publishes them.

    Args:
        output: N×3×H×W in [0, 1]; what lies outside is clipped.
        target: the same.
        mask: N×1×H×W bool, True where a pixel counts; None for every pixel.
        metrics: name -> metric.

    Returns:
        Name -> N values.

    Raises:
        ShapeError: the pictures differ in shape, or are too small for a metric.
    """
    output, target = quantise(output), quantise(target)
    return {name: metric(output, target, mask) for name, metric in metrics.items()}
