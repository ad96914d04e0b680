"""What a card holds: scenes, pairs with their ratios, and which of them suit a scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from opticalzoom.errors import counted
from opticalzoom.pairs.scenes.focal_lengths import Scene, ShotPair
from opticalzoom.pairs.scenes.pairing import LEAST_RATIO
from opticalzoom.photo.siblings import Problem
from opticalzoom.weights.contract import SCALES

_ONE_CLUSTER = 0.12  # difference of the logarithms of neighbouring ratios that are told as one


@dataclass(frozen=True)
class RatioCount:
    """Pairs of one ratio: how many, the ratio as measured (median), and the focal lengths where all have the same."""

    ratio: float
    pairs: int
    lengths: str = ""

    @property
    def factor(self) -> str:
        """As ``×2.04 (26 → 52 mm)``."""
        return f"×{self.ratio:.3g}{self.lengths}"

    def __str__(self) -> str:
        return f"{counted(self.pairs, 'pair')} at {self.factor}"


@dataclass(frozen=True)
class Survey:
    """What was found.

    Attributes:
        scenes: of two shots or more, by name.
        pairs: scene's name and pair, every combination of fields of view by shots of like exposure; where photos have
            no EXIF, the pairs that their contents suggest.
        problems: files that are not used, and why.
    """

    scenes: list[Scene]
    pairs: list[tuple[str, ShotPair]]
    problems: list[Problem]

    def suited(self, scale: float, tolerance: float = 0.25) -> list[tuple[str, ShotPair]]:
        """The pairs of which the long shot seems to resolve what the scale asks for, see :func:`suits`.

        With those that do so by digital zoom only: they are for registration to refuse, with their pictures.
        """
        return [(scene, pair) for scene, pair in self.pairs if _suits(pair, scale, tolerance)]

    def ratios(self) -> list[RatioCount]:
        """How many pairs there are of each ratio, most first; only the optical part of a ratio counts."""
        known = [(pair.optical_ratio, pair) for _, pair in self.pairs if pair.optical_ratio]
        clusters: list[list[tuple[float, ShotPair]]] = []
        for ratio, pair in sorted(known, key=lambda one: one[0]):
            if ratio < LEAST_RATIO:
                continue
            if not clusters or np.log(ratio / clusters[-1][-1][0]) > _ONE_CLUSTER:
                clusters.append([])
            clusters[-1].append((ratio, pair))
        counts = [
            RatioCount(float(np.median([r for r, _ in c])), len(c), _lengths([p for _, p in c])) for c in clusters
        ]
        return sorted(counts, key=lambda count: (-count.pairs, count.ratio))

    def __str__(self) -> str:
        """As ``12 scenes; 12 pairs at ×2 (26 → 52 mm), 5 at ×4.6 (26 → 120 mm)``."""
        counts = self.ratios()
        told = [str(counts[0])] if counts else ["no pairs of different focal lengths"]
        told += [f"{count.pairs} at {count.factor}" for count in counts[1:]]
        digital = sum(pair.optical_ratio is not None and pair.optical_ratio < LEAST_RATIO for _, pair in self.pairs)
        told += [f"{digital} by digital zoom only"] if digital else []
        return f"{counted(len(self.scenes), 'scene')}; {', '.join(told)}"


def suits(ratio: float, magnification: float, scale: float, tolerance: float) -> bool:
    """Whether a pair has what a scale needs: from ``1 - tolerance / 2`` to ``1 + tolerance`` times the scale.

    The long shot must resolve what the scale asks for, so too much is better than too little.

    Args:
        ratio: of the fields of view.
        magnification: pixels of Y per pixel of X, which is less than the ratio if Y has fewer pixels, as by a crop, and
            more if it has more.
        scale: Y over X.
        tolerance: relative.
    """
    return magnification >= scale * (1 - tolerance / 2) and min(ratio, magnification) <= scale * (1 + tolerance)


def nearest_scale(ratio: float) -> int:
    """The scale that serves a ratio: the nearest by its logarithm.

    The target is resampled to it, which costs at most 0.15 dB from ×1.85 on (``docs/results/scales.md``).

    >>> [nearest_scale(ratio) for ratio in (1.5, 1.85, 2.04, 2.9, 4.6, 7)]
    [2, 2, 2, 3, 4, 8]
    """
    return min(SCALES, key=lambda scale: abs(math.log(scale / ratio)))


def _suits(pair: ShotPair, scale: float, tolerance: float) -> bool:
    ratio, optical = pair.likely_ratio, pair.optical_ratio
    if ratio is None or optical is None:
        return False
    return suits(ratio, pair.magnification or ratio, scale, tolerance) or suits(optical, optical, scale, tolerance)


def _lengths(pairs: Sequence[ShotPair]) -> str:
    told = {
        tuple(shot.metadata.focal_length_35mm or shot.focal_length for shot in (pair.short, pair.long))
        for pair in pairs
    }
    lengths = told.pop() if len(told) == 1 else (None, None)
    return f" ({lengths[0]:g} → {lengths[1]:g} mm)" if None not in lengths else ""
