"""How long pairs take to prepare, and which of them there is time for."""

from __future__ import annotations

import os
from collections.abc import Sequence

from opticalzoom.errors import PhotoError
from opticalzoom.pairs.scenes.focal_lengths import ShotPair
from opticalzoom.pairs.selection import evenly_spread
from opticalzoom.photo.size import read_size

SECONDS_A_MEGAPIXEL = 1.2
"""Of one core, for a megapixel of the target: five pairs of 12 megapixels took 63 processor seconds (AVX-512)."""
LEAST_PAIRS = 4
"""That are prepared however long they take: so many scenes are needed to hold whole ones out."""


def affordable_pairs(
    pairs: Sequence[tuple[str, ShotPair]], scale: int, seconds: float, cores: int | None = None
) -> list[tuple[str, ShotPair]]:
    """As many of the pairs, from the first to the last at equal distances, as a time suffices to prepare.

    The estimate depends on the pictures' sizes alone, so that a run that is gone on with chooses the same pairs.

    Args:
        pairs: (scene, pair).
        scale: of the target over X.
        seconds: for all of them.
        cores: that work at once; by default all.
    """
    costs = sorted(target_megapixels(pair, scale) for _, pair in pairs)
    if not costs:
        return []
    middle = costs[len(costs) // 2] * SECONDS_A_MEGAPIXEL / (cores or os.cpu_count() or 1)
    return evenly_spread(pairs, max(LEAST_PAIRS, int(min(seconds / max(middle, 1e-6), len(pairs)))))


def target_megapixels(pair: ShotPair, scale: int) -> float:
    """Of the target, about; 0 where the short shot's size cannot be read, which preparing will tell."""
    try:
        height, width = read_size(pair.short.raw or pair.short.path)
    except PhotoError:
        return 0.0
    return height * width * (scale / (pair.likely_ratio or scale)) ** 2 / 1e6
