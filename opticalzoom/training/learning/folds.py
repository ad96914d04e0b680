"""Which pairs teach and which judge: scenes held out, or parts of pictures where there are too few scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from opticalzoom.pairs.registered import TrainingPair

LEAST_SCENES = 4
"""So many scenes at least are needed to hold whole ones out."""
MOST_FOLDS = 3


@dataclass(frozen=True)
class Fold:
    """A part of what is held out in turn.

    Attributes:
        teaching: pairs, or halves of pairs, that are learned from.
        judging: those that are judged on, never seen in teaching.
    """

    teaching: list[TrainingPair]
    judging: list[TrainingPair]


def holds_scenes_out(scenes: Sequence[str]) -> bool:
    """Whether there are scenes enough to hold whole ones out; otherwise halves of pictures are."""
    return len(set(scenes)) >= LEAST_SCENES


def make_folds(pairs: Sequence[TrainingPair], scenes: Sequence[str]) -> list[Fold]:
    """Folds such that every pair is judged on once, by a network that never saw its scene.

    With fewer than :data:`LEAST_SCENES` scenes the left halves of all pairs judge what the right halves taught, and the
    other way round. Neighbours by name stay together, as they are often of one place.

    Args:
        pairs: registered pairs.
        scenes: the scene of each.
    """
    if not holds_scenes_out(scenes):
        left, right = ([half(pair, number) for pair in pairs] for number in range(2))
        return [Fold(left, right), Fold(right, left)]
    parts = [set(part) for part in np.array_split(np.array(sorted(set(scenes))), MOST_FOLDS)]
    return [
        Fold(
            [pair for pair, scene in zip(pairs, scenes, strict=True) if scene not in part],
            [pair for pair, scene in zip(pairs, scenes, strict=True) if scene in part],
        )
        for part in parts
    ]


def half(pair: TrainingPair, number: int) -> TrainingPair:
    """The left (0) or right (1) half of a pair; X's first column of either is at an even one, as mosaics need."""
    columns = pair.x.shape[1] // 4 * 2
    factor = pair.y.shape[1] // pair.x.shape[1]
    here = slice(columns) if number == 0 else slice(columns, None)
    there = slice(columns * factor) if number == 0 else slice(columns * factor, None)
    name = f"{pair.name}, {('left', 'right')[number]} half"
    return replace(pair, name=name, x=pair.x[:, here], y=pair.y[:, there], mask=pair.mask[:, there])
