"""A result and its target go in, a loss with gradients comes out: functions, and networks that some look through."""

from opticalzoom.losses.adversarial import ADVERSARIAL, AdversarialLoss
from opticalzoom.losses.contextual import contextual_bilateral_loss, contextual_loss, draw_places, image_patches
from opticalzoom.losses.discriminator import Discriminator
from opticalzoom.losses.perceptual_loss import FEATURE_DISTANCES, feature_l1, feature_l2, perceptual_loss
from opticalzoom.losses.pixel import DISTANCES, alignment_loss, masked_charbonnier, masked_l1, masked_l2
from opticalzoom.models.backbones.feature_networks import FEATURE_NETWORKS, feature_network

__all__ = [
    "ADVERSARIAL",
    "DISTANCES",
    "FEATURE_DISTANCES",
    "FEATURE_NETWORKS",
    "AdversarialLoss",
    "Discriminator",
    "alignment_loss",
    "contextual_bilateral_loss",
    "contextual_loss",
    "draw_places",
    "feature_l1",
    "feature_l2",
    "feature_network",
    "image_patches",
    "masked_charbonnier",
    "masked_l1",
    "masked_l2",
    "perceptual_loss",
]
