"""Training losses: pure functions of tensors."""

from opticalzoom.losses.pixel import alignment_loss, masked_l1

__all__ = ["alignment_loss", "masked_l1"]
