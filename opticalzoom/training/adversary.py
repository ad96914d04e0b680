"""The other player of adversarial training: a discriminator with an optimiser of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from opticalzoom.losses import ADVERSARIAL, Discriminator
from opticalzoom.losses.discriminator import NormKind

Game = Literal["plain", "relativistic"]
"""``plain``: SRGAN's. ``relativistic``: the relativistic average of ESRGAN."""


class Adversary:
    """Learns to tell targets from results, and says how well it can.

    It is no module and its optimiser none of the trainer's: a step of it is no step of the network, and the network's
    parameters, averages, gradient norm and weights file stay the network's.

    Args:
        game: what both sides minimise.
        norm: of the discriminator.
        features: channels of its first convolution; all other widths are in the paper's proportion to it.
    """

    def __init__(self, game: Game = "relativistic", norm: NormKind = "spectral", features: int = 64) -> None:
        self.discriminator = Discriminator(norm, features, dense=16 * features).requires_grad_(False)
        self._game = ADVERSARIAL[game]
        # β2 is torch's own, as in both papers
        self._optimizer = torch.optim.Adam(self.discriminator.parameters())

    def learn(
        self,
        real: Tensor,
        fake: Tensor,
        rate: float,
        clip: float | None = None,
        reduce: Callable[[Tensor], Any] | None = None,
    ) -> Tensor:
        """One step of the discriminator.

        Args:
            real: targets, N×3×H×W in [0, 1].
            fake: results, the same shape; they get no gradient.
            rate: learning rate of this step.
            clip: largest norm of its gradient, or None.
            reduce: mean of a tensor over all processes.

        Returns:
            Its loss before the step, a scalar.

        Raises:
            ShapeError: for patches that are too small.
        """
        self.discriminator.requires_grad_(True)
        loss = self._game.discriminator(*self._logits(real, fake.detach()))
        self._optimizer.zero_grad()
        loss.backward()
        parameters = list(self.discriminator.parameters())
        for parameter in parameters if reduce else ():
            parameter.grad = reduce(parameter.grad)  # type: ignore[misc, arg-type]
        if clip:
            clip_grad_norm_(parameters, clip)
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
        self.discriminator.requires_grad_(False)
        return loss.detach()

    def judge(self, real: Tensor, fake: Tensor) -> Tensor:
        """The loss of what made ``fake``, a scalar: small where the discriminator takes its results for targets."""
        return self._game.generator(*self._logits(real, fake))

    def _logits(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Of both in one pass, so that batch normalisation cannot give them away."""
        logits = self.discriminator(torch.cat((real, fake.to(real))))
        first, second = logits.to(torch.promote_types(logits.dtype, torch.float32)).chunk(2)  # half is too coarse
        return first, second

    def to(self, device: torch.device) -> None:
        """Move the discriminator and what its optimiser remembers to a device."""
        state = self._optimizer.state_dict()
        self.discriminator.to(device)
        self._optimizer.load_state_dict(state)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs to go on exactly: the discriminator's weights and its optimiser's memory."""
        return {"discriminator": self.discriminator.state_dict(), "optimizer": self._optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        self.discriminator.load_state_dict(state["discriminator"])
        self._optimizer.load_state_dict(state["optimizer"])
