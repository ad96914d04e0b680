"""Training losses: pure functions of tensors."""

from opticalzoom.losses.contextual import contextual_bilateral_loss, contextual_loss, image_patches
from opticalzoom.losses.pixel import DISTANCES, alignment_loss, masked_charbonnier, masked_l1, masked_l2

__all__ = [
    "DISTANCES",
    "alignment_loss",
    "contextual_bilateral_loss",
    "contextual_loss",
    "image_patches",
    "masked_charbonnier",
    "masked_l1",
    "masked_l2",
]
