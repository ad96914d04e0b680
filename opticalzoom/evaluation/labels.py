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
"""Of :data:`opticalzoom.metrics.PERCEPTUAL`, which needs PyTorch."""
