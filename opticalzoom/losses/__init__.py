"""Training losses: pure functions of tensors."""

from opticalzoom.losses.pixel import DISTANCES, alignment_loss, masked_charbonnier, masked_l1, masked_l2

__all__ = ["DISTANCES", "alignment_loss", "masked_charbonnier", "masked_l1", "masked_l2"]
