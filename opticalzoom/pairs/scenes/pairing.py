"""Photos of which nothing is known but what they show -> which of them are pairs.

Shots that may show the same thing are found by votes of their strongest features, and compared. Among many that do (a
burst, frames of a video) partners are chosen so that as many pairs as possible lie in each other in the same way, as
two lenses of one camera do; every shot is X of one pair and Y of one at most for each ratio.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.scenes.glance import Glance, Sighting

Sightings = dict[tuple[int, int], Sighting]
"""Of shots by their numbers; the first of each is the wider one: all ratios are 1 or more."""

LEAST_RATIO = 1.15
"""Of the fields of view: below it two shots count as of one focal length."""
_LEAST_UNTOLD = 1.25
"""Likewise of photos without EXIF, which may as well be frames of a camera that went nearer."""
_RARE = 0.25  # of the commonest ratio's pairs: a rarer ratio of shots that have partners is chance
_ALL = 24
"""So many shots are all compared with each other; of more, each with those that got most votes."""
_STRONGEST, _CANDIDATES, _LEAST_VOTES = 150, 16, 3
_CLEAR = 0.8  # of a descriptor's best distance over its second
_SIMILAR_RATIO, _SIMILAR_PLACE = 0.1, 0.08
"""Differences of the ratios' logarithms, and of places in X's widths, at which two pairs lie in another way."""
_ONE_RATIO = 0.2  # difference of logarithms up to which two ratios are of one pair of focal lengths
_UNNAMED = 0.15  # what names that do not belong together count, of a difference of 1: a hint, no more
_MOST_CENTRES = 300


def candidates(glances: Sequence[Glance | None]) -> list[tuple[int, int]]:
    """Pairs of shots worth a comparison: all of a few, of many those whose strongest features vote for each other."""
    seen = [number for number, found in enumerate(glances) if found is not None]
    if len(seen) <= _ALL:
        return list(combinations(seen, 2))
    strongest = [glances[number].descriptors[:_STRONGEST] for number in seen]  # type: ignore[union-attr]
    width = max(len(part) for part in strongest)
    table = np.zeros((len(seen), width, strongest[0].shape[1]), np.float32)
    for row, part in zip(table, strongest, strict=True):
        row[: len(part)] = part
    chosen: set[tuple[int, int]] = set()
    for own, part in enumerate(strongest):
        votes = _votes(part, table)
        votes[own] = 0
        for other in np.argsort(-votes, kind="stable")[:_CANDIDATES]:
            if votes[other] >= _LEAST_VOTES:
                chosen.add((min(own, int(other)), max(own, int(other))))
    return sorted((seen[first], seen[second]) for first, second in chosen)


def _votes(part: NDArray[np.float32], table: NDArray[np.float32]) -> NDArray[np.int64]:
    """How many features of ``part``, n×128, have a clear counterpart in each shot of ``table``, shots×features×128."""
    cosines = np.tensordot(part, table, axes=(1, 2))  # n×shots×features
    if cosines.shape[2] < 2:
        return np.zeros(len(table), np.int64)
    best = np.partition(cosines, -2, axis=2)[..., -2:]
    second, first = (np.sqrt(np.maximum(2 - 2 * best[..., column], 0)) for column in (0, 1))
    return np.asarray((first < _CLEAR * second).sum(axis=0))


def choose(sightings: Sightings, names: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs, (wide, long): at most one with each ratio for each wide and each long shot.

    Args:
        sightings: of shots that show the same thing.
        names: of the shots.
    """
    waiting = {pair: found for pair, found in sightings.items() if found.ratio >= _LEAST_UNTOLD}
    chosen: list[tuple[int, int]] = []
    most = 0
    while waiting:
        pairs = sorted(waiting, key=lambda pair: (-waiting[pair].inliers, pair))
        places = np.array([_place(waiting[pair]) for pair in pairs])
        hints = np.array([0.0 if _belong_together(*(names[n] for n in pair)) else _UNNAMED for pair in pairs])
        groups = [_matching(pairs, _distances(places, centre) + hints) for centre in places[:_MOST_CENTRES]]
        best = max(groups, key=lambda group: group[0])[1]
        ratio = float(np.median([waiting[pair].ratio for pair in best]))
        most, paired = max(most, len(best)), {number for pair in chosen for number in pair}
        if len(best) >= _RARE * most or not paired.issuperset(number for pair in best for number in pair):
            chosen += best
        wide, long = ({pair[side] for pair in best} for side in (0, 1))
        waiting = {
            pair: found
            for pair, found in waiting.items()
            if pair not in best
            and (abs(np.log(found.ratio / ratio)) > _ONE_RATIO or (pair[0] not in wide and pair[1] not in long))
        }
    return sorted(chosen)


def _place(found: Sighting) -> tuple[float, float, float]:
    return np.log(found.ratio) / _SIMILAR_RATIO, found.centre[0] / _SIMILAR_PLACE, found.centre[1] / _SIMILAR_PLACE


def _distances(places: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(places - centre, axis=1))


def _matching(pairs: Sequence[tuple[int, int]], distances: NDArray[np.float64]) -> tuple[float, list[tuple[int, int]]]:
    """Pairs no farther than 1, nearest first, of shots that are not taken yet; and how good that is all in all."""
    score, taken = 0.0, []
    wide: set[int] = set()
    long: set[int] = set()
    for number in np.argsort(distances, kind="stable"):
        if distances[number] >= 1:
            break
        first, second = pairs[number]
        if first not in wide and second not in long:
            wide.add(first)
            long.add(second)
            taken.append(pairs[number])
            score += 1 - float(distances[number]) ** 2
    return score, taken


def _belong_together(first: str, second: str) -> bool:
    """Whether two names have the same words with digits, as ``back1-ultra`` and ``back1-wide``, or count on by one."""
    one, other = (re.findall(r"[^\W_]*\d+", name.lower()) for name in (first, second))
    return bool(one) and one == other
