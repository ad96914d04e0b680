"""Which of several engines is fastest: each zooms the same picture, and those that are too inexact are left out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from opticalzoom.engines.engine import Array, Engine
from opticalzoom.errors import OpticalZoomError
from opticalzoom.parallel.pipeline import at_once
from opticalzoom.weights.computing import LARGEST_TILE, MEMORY, Backend, Precision
from opticalzoom.weights.exported import TOLERANCE

_SIDE = 128
"""Side in pixels of the picture whose results are compared."""
_ROUNDS, _PATIENCE = 3, 4
"""How often each engine is timed, and how many times slower than the fastest one may be to be timed again."""


class Choice(NamedTuple):
    """A backend and what it computes in."""

    backend: Backend
    precision: Precision


def measure(choices: list[Choice], start: Callable[[Choice], Engine]) -> Mapping[Choice, float]:
    """Seconds that each choice takes for a megapixel of the input.

    A choice that does not start, or whose result differs from that of the first one by more than its precision's
    :data:`~opticalzoom.weights.exported.TOLERANCE`, is left out.

    Args:
        choices: at least one.
        start: makes the engine of a choice.

    Raises:
        OpticalZoomError: the first choice does not start.
    """
    engines: dict[Choice, Engine] = {}
    seconds: dict[Choice, float] = {}
    for choice in choices:
        try:
            engine = start(choice)
        except OpticalZoomError:
            if choice == choices[0]:
                raise
            continue
        image = engine(_picture(engine.contract.channels, _SIDE))
        if choice == choices[0]:
            expected = image
        if np.abs(image - expected).max() <= TOLERANCE[choice.precision]:
            engines[choice], seconds[choice] = engine, _seconds(engine)
    # An engine's first call also prepares what later ones use, so it is timed again, unless even then it could not win.
    # The engines take turns, so that what else the machine does slows each of them down alike.
    patience = _PATIENCE * min(seconds.values())
    hopeful = [choice for choice in engines if seconds[choice] <= patience]
    rounds = [{choice: _seconds(engines[choice]) for choice in hopeful} for _ in range(_ROUNDS)]
    return seconds | {choice: min(its[choice] for its in rounds) for choice in hopeful}


def _seconds(engine: Engine) -> float:
    """Seconds for a megapixel of the input, in tiles as large as zooming would choose them.

    Some engines are slower with large tiles; with small ones more of the pixels around tiles are computed twice.
    """
    around = engine.contract.receptive_field
    fitting = math.isqrt(MEMORY // (engine.streams * engine.bytes_per_pixel))
    side = max(min(fitting, LARGEST_TILE), 2 * around + _SIDE // 4)
    tiles = [_picture(engine.contract.channels, side)] * engine.streams
    start = time.perf_counter()
    list(at_once(engine, tiles, engine.streams))
    return (time.perf_counter() - start) / len(tiles) / (side - 2 * around) ** 2 * 1e6


def _picture(channels: int, side: int) -> Array:
    """1×C×side×side, values in [0, 1]: patches, lines and some noise, whose edges show the errors of low precision."""
    random = np.random.default_rng(0)
    cells = -(-side // 16)
    patches = random.random((channels, cells, cells), np.float32).repeat(16, 1).repeat(16, 2)[:, :side, :side]
    patches[:, ::11] *= 0.5
    return np.asarray(0.9 * patches + 0.1 * random.random(patches.shape, np.float32))[None]
