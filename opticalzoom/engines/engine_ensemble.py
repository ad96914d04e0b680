"""Self-ensemble of any engine (https://arxiv.org/abs/1707.02921, section 3.3, EDSR+)."""

from __future__ import annotations

from itertools import product

import numpy as np

from opticalzoom.engines.engine import Array, Engine
from opticalzoom.weights.contract import Contract


class EnsembleEngine:
    """The mean of an engine's results on the eight flips and quarter turns of what it is given.

    Args:
        engine: for RGB or resized input.

    Raises:
        ModelError: the engine takes RAW input, whose colours change places when a mosaic is turned.
    """

    def __init__(self, engine: Engine) -> None:
        engine.contract.check_turnable()
        self.engine = engine

    @property
    def contract(self) -> Contract:
        """What the engine takes and gives."""
        return self.engine.contract

    @property
    def streams(self) -> int:
        """As many as the engine has."""
        return self.engine.streams

    @property
    def bytes_per_pixel(self) -> int:
        """As many as the engine needs: the eight results are made one after the other."""
        return self.engine.bytes_per_pixel

    def __call__(self, x: Array) -> Array:
        """See :class:`opticalzoom.engines.engine.Engine`."""
        found = []
        for turns, flipped in product(range(4), (False, True)):
            turned = np.rot90(x[..., ::-1] if flipped else x, turns, (-2, -1))
            back = np.rot90(self.engine(np.ascontiguousarray(turned)), -turns, (-2, -1))
            found.append(back[..., ::-1] if flipped else back)
        return np.asarray(np.mean(found, axis=0, dtype=np.float32))
