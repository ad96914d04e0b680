"""Names of protocols and metrics as plain values: the command line offers them before it imports PyTorch."""

from __future__ import annotations

PROTOCOLS = {
    "honest": "X alone, scored against Y as it is.",
    "aligned": "X alone; every result is registered and colour-matched to Y before scoring, and scored where bicubic's "
    "registration is trusted. Compare these figures among themselves only.",
    "oracle": "the network is given Y, reduced, as its reference: it sees the ground truth. For comparison with "
    "published tables only.",
}
"""Protocol -> what it compares."""

PERCEPTUAL_NAMES = ("st_lpips", "lpips", "dists")
"""Keys of :data:`opticalzoom.metrics.PERCEPTUAL`, which cannot be imported without PyTorch."""


def metric_title(metric: str, *, unit: bool = True) -> str:
    """A metric's name in tables.

    >>> metric_title("psnr_y"), metric_title("psnr_y", unit=False)
    ('PSNR Y (dB)', 'PSNR Y')
    """
    return metric.replace("_", " ").upper() + (" (dB)" if unit and metric.startswith("psnr") else "")


def metric_digits(metric: str) -> int:
    """Decimals of a metric in tables: hundredths of a dB, or four of what goes from 0 to 1."""
    return 2 if metric.startswith("psnr") else 4
