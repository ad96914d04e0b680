"""Brackets and bursts: of the shots that one focal length was taken with, those that belong beside one of another.

A camera that takes −3, 0 and +3 stops, or nine frames a second, leaves many shots of each focal length of a scene. Dark
beside bright teaches a network the exposure; every frame beside every other teaches it one scene nine times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from opticalzoom.pairs.scenes.focal_lengths import ShotPair
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.siblings import Shot

MOST_STOPS = 2.0
"""Difference of exposure up to which two shots are a pair: a camera that meters by itself changes it with the view."""
_LIKE = 1 / 3
"""Stops up to which two exposures count as equal: what cameras are set in."""
_BURST_SECONDS = 2.0
"""From the end of a shot to the next of a burst; some clocks count whole seconds, or even ones."""
_SAME_LENGTH = 0.02


def stops_between(first: Metadata, second: Metadata) -> float | None:
    """How many stops more light the second was given and amplified, None if an exposure time is missing.

    Apertures and sensitivities count where both files tell them.
    """
    if first.exposure_time is None or second.exposure_time is None:
        return None
    stops = math.log2(second.exposure_time / first.exposure_time)
    if first.iso and second.iso:
        stops += math.log2(second.iso / first.iso)
    if first.f_number and second.f_number:
        stops -= 2 * math.log2(second.f_number / first.f_number)
    return stops


def like_exposed(pairs: Sequence[tuple[ShotPair, int]]) -> list[ShotPair]:
    """Of the pairs of a scene those of like exposure, each burst in one of them, in the order given.

    Args:
        pairs: and how many features agree in each: of pairs that are equally like exposed, most is best.
    """
    shots = {id(shot): shot for pair, _ in pairs for shot in (pair.short, pair.long)}
    burst = _bursts(list(shots.values()))
    kept: list[int] = []
    taken: set[tuple[int, float]] = set()
    for _, _, number in sorted(_rank(pair, agreeing, number) for number, (pair, agreeing) in enumerate(pairs)):
        short, long = pairs[number][0].short, pairs[number][0].long
        places = {(burst[id(short)], _length(long)), (burst[id(long)], _length(short))}
        if abs(stops_between(short.metadata, long.metadata) or 0.0) <= MOST_STOPS and not places & taken:
            taken |= places
            kept.append(number)
    return [pairs[number][0] for number in sorted(kept)]


def clock(shot: Shot) -> datetime:
    """What the camera's clock showed: times with and without a time zone cannot be compared otherwise."""
    time = shot.metadata.time
    return time.replace(tzinfo=None) if time else datetime.min


def pause_between(before: Shot, shot: Shot) -> float:
    """Seconds from the end of one shot's exposure to the begin of the next: cameras write when an exposure began."""
    return (clock(shot) - clock(before)).total_seconds() - (before.metadata.exposure_time or 0.0)


def _rank(pair: ShotPair, agreeing: int, number: int) -> tuple[int, int, int]:
    stops = abs(stops_between(pair.short.metadata, pair.long.metadata) or 0.0)
    return round(stops / _LIKE), -agreeing, number


def _length(shot: Shot) -> float:
    """A number that shots of one focal length share."""
    length = shot.focal_length or shot.metadata.focal_length_35mm
    return float(round(math.log(length) / _SAME_LENGTH)) if length else 0.0


def _bursts(shots: list[Shot]) -> dict[int, int]:
    """Shot's id -> number of its burst; most shots are a burst of their own."""
    known = sorted((shot for shot in shots if shot.metadata.time), key=lambda shot: (clock(shot), shot.name))
    burst = {id(shot): number for number, shot in enumerate(shots)}
    for before, shot in pairwise(known):
        stops = stops_between(before.metadata, shot.metadata)
        like = _length(before) == _length(shot) and stops is not None and abs(stops) < _LIKE
        if like and pause_between(before, shot) <= _BURST_SECONDS:
            burst[id(shot)] = burst[id(before)]
    return burst
