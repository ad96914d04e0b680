"""What training minimises: a weighted sum of named terms, chosen by numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from opticalzoom.errors import ConfigError
from opticalzoom.losses import (
    DISTANCES,
    FEATURE_DISTANCES,
    Discriminator,
    alignment_loss,
    contextual_bilateral_loss,
    contextual_loss,
    draw_places,
    feature_network,
    image_patches,
    perceptual_loss,
)
from opticalzoom.losses.discriminator import NormKind
from opticalzoom.losses.perceptual_loss import FeatureDistance
from opticalzoom.models.align import enlarge_mask
from opticalzoom.models.base import ZoomOutput
from opticalzoom.training.adversary import Adversary, Game

Layers = dict[str, float]
"""Layer of the feature network to weight, as ``{relu1_2: 1, relu2_2: 0.5}``; empty for no such term."""


@dataclass(frozen=True)
class Objective:
    """Weights of the terms and their constants; a weight of 0 or no layers: no such term.

    Attributes:
        pixel: weight of the picture's term in Eq. 6.
        perceptual: weights of layers whose activations are compared place by place.
        perceptual_distance: l1 (ESRGAN) or l2 (squared, as in SRGAN).
        contextual: weights of layers that are compared by CX.
        cobi_features: weights of layers that are compared by CoBi.
        cobi_rgb: weight of CoBi of RGB patches.
        adversarial: weight of the generator's adversarial loss.
        game: plain (SRGAN) or relativistic (ESRGAN).
        norm: of the discriminator: spectral, batch (both papers; for batches of 16 or more) or none.
        discriminator: channels of its first convolution, 64 in both papers.
        pretraining: share of the steps that come first and train with the pixel distance alone.
        network: feature network: vgg19, stlpips-vgg16 or stlpips-alex.
        network_weights: its weights file; by default vgg19 is downloaded, the others come with opticalzoom[perceptual].
        bandwidth: of CX.
        spatial_weight: of CoBi.
        patch: side of CoBi's RGB patches, pixels.
        samples: features or patches that CX and CoBi compare, drawn anew each step.
        window: side of the part of each training patch that all but the pixel terms look at, in pixels of Y, drawn anew
            each step; null for the whole patch.
    """

    pixel: float = 1.0
    perceptual: Layers = field(default_factory=dict)
    perceptual_distance: Literal["l1", "l2"] = "l1"
    contextual: Layers = field(default_factory=dict)
    cobi_features: Layers = field(default_factory=dict)
    cobi_rgb: float = 0.0
    adversarial: float = 0.0
    game: Game = "relativistic"
    norm: NormKind = "spectral"
    discriminator: int = 64
    pretraining: float = 0.0
    network: str = "stlpips-vgg16"
    network_weights: str | None = None
    bandwidth: float = 0.5
    spatial_weight: float = 0.1
    patch: int = 10
    samples: int = 4096
    window: int | None = None

    def __post_init__(self) -> None:
        numbers = {"pixel": self.pixel, "cobi_rgb": self.cobi_rgb, "adversarial": self.adversarial}
        layers = (self.perceptual, self.contextual, self.cobi_features)
        weights = numbers | {layer: weight for term in layers for layer, weight in term.items()}
        for name, weight in weights.items():
            if not weight >= 0:
                raise ConfigError(f"the objective's weight of {name} is {weight}, expected 0 or more.")
        if not any(weights.values()):
            raise ConfigError("all weights of the objective are 0.", remedy="Set one, as --model.objective.pixel 1.")
        if self.discriminator < 1:
            raise ConfigError(f"the objective's discriminator has {self.discriminator} channels, expected 1 or more.")
        if self.window is not None and self.window < 1:
            raise ConfigError(f"the objective's window is {self.window}, expected a side in pixels, or null.")
        if not 0 <= self.pretraining <= 1:
            raise ConfigError(f"the objective's pretraining is {self.pretraining}, expected a share from 0 to 1.")


class Criterion:
    """An :class:`Objective` at work.

    It is no module: what its networks have learned is neither trained nor saved nor averaged with the model.

    Args:
        objective: weights and constants.
        distance: of pixels, see :data:`~opticalzoom.losses.DISTANCES`.
        auxiliary: weight of the auxiliary result X' in Eq. 6.

    Raises:
        ConfigError, ModelError, CheckpointError, DependencyError: the feature network cannot be had, see
            :func:`~opticalzoom.losses.feature_network`.
    """

    def __init__(self, objective: Objective, distance: str = "l1", auxiliary: float = 1.0) -> None:
        self._objective, self._distance, self._auxiliary = objective, DISTANCES[distance], auxiliary
        self._networks = {
            name: feature_network(objective.network, list(layers), objective.network_weights)
            for name, layers in self._layers().items()
        }
        self.adversary = (
            Adversary(objective.game, objective.norm, objective.discriminator) if objective.adversarial else None
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Criterion:
        """Itself: averaging copies the whole LightningModule, and this has nothing to average."""
        return self

    def teach(self, image: Tensor, target: Tensor, step: int, steps: int, **how: Any) -> Tensor | None:
        """A step of the discriminator, before it judges; None if there is none, or not yet.

        Args:
            image: the model's, N×3×H×W.
            target: Y, the same shape.
            step: as in a call.
            steps: as in a call.
            **how: rate, clip and reduce of :meth:`Adversary.learn`.

        Returns:
            The discriminator's loss.

        Raises:
            ShapeError: the patches are too small.
        """
        if self.adversary is None:
            return None
        real, fake = self._parts(step, target, image)
        Discriminator.check(real)  # before hours of pretraining
        return None if self._pretrains(step, steps) else self.adversary.learn(real, fake, **how)

    def __call__(
        self, output: ZoomOutput, target: Tensor, trusted: Tensor, step: int = 0, steps: int = 1
    ) -> dict[str, Tensor]:
        """The weighted terms of a batch; their sum is the loss.

        Untrusted pixels do not count: the pixel terms mask them, and the others see the result itself there in place
        of the target. The adversarial term alone takes the target as it is: it is a photograph everywhere.

        Args:
            output: of the model.
            target: Y, N×3×H×W in [0, 1].
            trusted: N×1×H×W, 1 where Y is registered.
            step: number of the optimisation step, from 0; what is random depends on it alone.
            steps: how many there will be.

        Returns:
            Term -> scalar.

        Raises:
            ShapeError: the patches are too small for a term.
        """
        pixel, auxiliary = alignment_loss(output, target, trusted, self._distance)
        auxiliary = self._auxiliary * auxiliary
        if self._pretrains(step, steps):
            return {"pixel": pixel, "auxiliary": auxiliary}
        terms = {"pixel": self._objective.pixel * pixel, "auxiliary": auxiliary}
        parts = self._parts(step, output.image, target, _believed(output, target, trusted))
        return terms | self._other_terms(step, *parts)

    def _other_terms(self, step: int, image: Tensor, target: Tensor, believed: Tensor) -> dict[str, Tensor]:
        o, terms = self._objective, {}
        distances = self._distances(torch.Generator().manual_seed(step))
        for name, layers in self._layers().items():
            weights = list(layers.values())
            terms[name] = perceptual_loss(self._networks[name], image, believed, weights, distances[name])
        if o.cobi_rgb:
            patches = (image_patches(picture, o.patch) for picture in (image, believed))
            terms["cobi_rgb"] = o.cobi_rgb * distances["cobi_features"](*patches)
        if self.adversary:
            terms["adversarial"] = o.adversarial * self.adversary.judge(target, image)
        return terms

    def to(self, device: torch.device) -> None:
        """Move its networks."""
        for network in self._networks.values():
            network.to(device).to(memory_format=torch.channels_last)
        if self.adversary:
            self.adversary.to(device)

    def _pretrains(self, step: int, steps: int) -> bool:
        """Whether a step is one of those that train with the pixel distance alone."""
        return step < self._objective.pretraining * steps

    def _parts(self, step: int, *pictures: Tensor) -> tuple[Tensor, ...]:
        """The same window of each, drawn by the step."""
        side = self._objective.window
        if side is None:
            return pictures
        generator = torch.Generator().manual_seed(step)
        spare = (max(0, length - side) for length in pictures[0].shape[-2:])
        top, left = (int(torch.randint(length + 1, (), generator=generator)) for length in spare)
        return tuple(picture[..., top : top + side, left : left + side] for picture in pictures)

    def _layers(self) -> dict[str, Layers]:
        o = self._objective
        terms = {"perceptual": o.perceptual, "contextual": o.contextual, "cobi_features": o.cobi_features}
        return {name: layers for name, layers in terms.items() if layers}

    def _distances(self, generator: torch.Generator) -> dict[str, FeatureDistance]:
        """How the features of each term are compared."""
        o = self._objective
        draw = partial(draw_places, samples=o.samples, generator=generator)
        return {
            "perceptual": FEATURE_DISTANCES[o.perceptual_distance],
            "contextual": lambda a, b: contextual_loss(a, b, o.bandwidth, places=draw(a)),
            "cobi_features": lambda a, b: contextual_bilateral_loss(a, b, o.spatial_weight, places=draw(a)),
        }


def _believed(output: ZoomOutput, target: Tensor, trusted: Tensor) -> Tensor:
    """The target, and where it cannot be trusted or nothing was sampled the result itself, without gradient."""
    if output.mask is not None:
        trusted = enlarge_mask(output.mask, (target.shape[-2], target.shape[-1])) * trusted
    return torch.where(trusted > 0, target, output.image.detach())
