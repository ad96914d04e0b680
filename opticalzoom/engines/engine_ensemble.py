"""Self-ensemble of any engine."""

from __future__ import annotations

import torch
from torch import Tensor

from opticalzoom.engines.engine import Array, Engine
from opticalzoom.models.ensemble import check_turnable, mean_of_turns
from opticalzoom.weights.contract import Contract


class EnsembleEngine:
    """The mean of an engine's results on the eight flips and turns, see :class:`SelfEnsemble`.

    Args:
        engine: for RGB or resized input.

    Raises:
        ModelError: the engine takes RAW input.
    """

    def __init__(self, engine: Engine) -> None:
        check_turnable(engine.contract)
        self.engine = engine

    @property
    def contract(self) -> Contract:
        """The engine's."""
        return self.engine.contract

    @property
    def streams(self) -> int:
        """The engine's."""
        return self.engine.streams

    def __call__(self, x: Array) -> Array:
        """See :class:`opticalzoom.engines.engine.Engine`."""

        def zoom(turned: Tensor) -> Tensor:
            return torch.from_numpy(self.engine(turned.numpy()))

        return mean_of_turns(zoom, torch.from_numpy(x)).numpy()
