"""What is on a card: its scenes, and the pairs of shots in them with the ratios that the pictures show.

EXIF groups and orders what has it; thumbnails measure every pair, and find the pairs of photos without EXIF. The most
that is compared is 21 pairs of thumbnails a scene, and 16 partners for each photo without EXIF.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, takewhile
from pathlib import Path

from opticalzoom.files import home_path
from opticalzoom.pairs.scenes.exposure import like_exposed
from opticalzoom.pairs.scenes.focal_lengths import Scene, ShotPair, by_focal_length, field_of_view_ratio
from opticalzoom.pairs.scenes.glance import Glance, Sighting, glance, sight
from opticalzoom.pairs.scenes.pairing import LEAST_RATIO, Sightings, candidates, choose
from opticalzoom.pairs.scenes.ratios import Survey
from opticalzoom.pairs.scenes.sequence import find_groups, with_unique_names
from opticalzoom.pairs.scenes.union_find import UnionFind
from opticalzoom.photo.siblings import Problem, Shot, find_shots

_MOST_SHOTS = 7  # of a scene that are all compared with each other
_SAME_SCENE = 25  # features that agree in shots of one scene at least; fewer may be a poster in two rooms
_SPARE = "is one of a burst or bracket of which another shot is used"
Progress = Callable[[Iterable[object], int, str], Iterable[object]]


def survey(paths: str | Path | Sequence[str | Path], gap: float = 60.0, watch: Progress | None = None) -> Survey:
    """Find the scenes of folders of photos and RAW files, and the pairs in them.

    Args:
        paths: a folder with all folders in it, or several folders and files; files named here are one group.
        gap: seconds between two shots of one scene at most, by the camera's clock.
        watch: gets the work, its length and what it is, and passes it on: for a progress bar.

    Raises:
        PairError: a folder is missing.
    """
    groups, problems = _groups(paths, gap)
    shots = [shot for _, group in groups for shot in group]
    number = {id(shot): n for n, shot in enumerate(shots)}
    follow = watch or (lambda work, _total, _title: work)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        looks = list(follow(pool.map(glance, shots), len(shots), "Looking at the photos"))
        glances: list[Glance | None] = [found if isinstance(found, Glance) else None for found in looks]
        known, strangers = _sorted_out(groups)
        wanted = [
            (number[id(a)], number[id(b)]) for _, g in known if len(g) <= _MOST_SHOTS for a, b in combinations(g, 2)
        ]
        pool_numbers = [number[id(shot)] for shot in strangers]
        local = candidates([glances[n] for n in pool_numbers])
        wanted += [(pool_numbers[a], pool_numbers[b]) for a, b in local]
        found = follow(pool.map(lambda pair: _compared(glances, *pair), wanted), len(wanted), "Comparing photos")
        sightings = {pair: seen for pair, seen in zip(wanted, found, strict=True) if isinstance(seen, Sighting)}
    scenes, pairs, spare = _known_pairs(known, number, sightings)
    more_scenes, more_pairs, lone = _stranger_pairs(shots, pool_numbers, sightings)
    scenes, pairs = scenes + more_scenes, pairs + more_pairs
    problems += [Problem(shot.path, _why_alone(shot)) for shot in lone]
    problems += [Problem(shot.path, _SPARE) for shot in spare]
    return Survey(scenes, pairs, sorted(problems, key=lambda problem: problem.path))


def _groups(paths: str | Path | Sequence[str | Path], gap: float) -> tuple[list[tuple[str, list[Shot]]], list[Problem]]:
    places = [home_path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    groups: list[tuple[str, list[Shot]]] = []
    problems: list[Problem] = []
    files = [place for place in places if place.is_file()]
    for place in places:
        if place not in files:
            more, unused = find_groups(place, gap)
            groups, problems = groups + more, problems + unused
    if files:
        shots, unused = find_shots(files)
        groups, problems = [*groups, (files[0].stem, shots)], problems + unused
    return groups, problems


def _sorted_out(groups: list[tuple[str, list[Shot]]]) -> tuple[list[tuple[str, list[Shot]]], list[Shot]]:
    """Groups of two or more shots whose focal lengths are known, and all other shots."""
    known: list[tuple[str, list[Shot]]] = []
    strangers: list[Shot] = []
    for name, shots in groups:
        told = [shot for shot in shots if shot.focal_length or shot.metadata.focal_length_35mm]
        strangers += [shot for shot in shots if shot not in told]
        if len(told) > 1:
            known.append((name, told))
        else:
            strangers += told
    return known, strangers


def _compared(glances: Sequence[Glance | None], first: int, second: int) -> Sighting | None:
    one, other = glances[first], glances[second]
    return sight(one, other) if one is not None and other is not None else None


def _known_pairs(
    groups: list[tuple[str, list[Shot]]], number: dict[int, int], sightings: Sightings
) -> tuple[list[Scene], list[tuple[str, ShotPair]], list[Shot]]:
    """Scenes by EXIF; their pairs by what the pictures show, or by EXIF where these show too little; spare shots."""
    scenes = with_unique_names([Scene(name, by_focal_length(shots)) for name, shots in groups])
    pairs: list[tuple[str, ShotPair]] = []
    spare: list[Shot] = []
    for scene in scenes:
        found: list[tuple[ShotPair, int]] = []
        for long, short in combinations(scene.shots, 2):
            key = number[id(short)], number[id(long)]
            seen = sightings.get(key) or _turned(sightings.get(key[::-1]))
            stated = field_of_view_ratio(short.metadata, long.metadata)
            ratio = seen.ratio if seen else stated
            if ratio is None:
                continue
            if ratio < 1:
                long, short = short, long  # noqa: PLW2901 - the other way round from here on
                stated, seen = 1 / stated if stated else None, _turned(seen)
            if max(ratio, 1 / ratio) >= LEAST_RATIO:
                found.append((_pair(scene.name, short, long, stated, seen), seen.inliers if seen else 0))
        pairs += [(scene.name, pair) for pair in like_exposed(found)]
        spare += [shot for pair, _ in found for shot in (pair.short, pair.long)]
    used = {id(shot) for _, pair in pairs for shot in (pair.short, pair.long)}
    left = {id(shot): shot for shot in spare if id(shot) not in used}
    return scenes, sorted(pairs, key=lambda named: named[1].name), list(left.values())


def _stranger_pairs(
    shots: Sequence[Shot], numbers: Sequence[int], sightings: Sightings
) -> tuple[list[Scene], list[tuple[str, ShotPair]], list[Shot]]:
    """Scenes and pairs of photos without EXIF, and the photos that are in none."""
    own = {pair: seen for pair, seen in sightings.items() if set(pair) <= set(numbers)}
    ordered = {
        (pair if seen.ratio >= 1 else pair[::-1]): (seen if seen.ratio >= 1 else _turned(seen))
        for pair, seen in own.items()
    }
    chosen = choose(ordered, [shot.name for shot in shots])  # type: ignore[arg-type]  # no Sighting turns into None
    parts = UnionFind(len(shots))
    for pair, seen in ordered.items():
        if pair in chosen or (seen is not None and seen.inliers >= _SAME_SCENE):
            parts.join(*pair)
    used = {number for pair in chosen for number in pair}
    groups = [[number for number in group if number in used] for group in parts.groups()]
    groups = [group for group in groups if group]
    scenes = with_unique_names(
        [Scene(_common_name([shots[n] for n in group]), tuple(shots[n] for n in group)) for group in groups]
    )
    home = {id(shot): scene.name for scene in scenes for shot in scene.shots}
    pairs = []
    for wide, long in chosen:
        name = home[id(shots[wide])]
        stated = field_of_view_ratio(shots[wide].metadata, shots[long].metadata)
        pairs.append((name, _pair(name, shots[wide], shots[long], stated, ordered[wide, long])))
    return scenes, pairs, [shots[number] for number in numbers if number not in used]


def _pair(scene: str, short: Shot, long: Shot, stated: float | None, seen: Sighting | None) -> ShotPair:
    name = f"{scene}-{short.name}-{long.name}"
    return ShotPair(name, short, long, stated, seen.ratio if seen else None, seen.magnification if seen else None)


def _turned(seen: Sighting | None) -> Sighting | None:
    return Sighting(1 / seen.ratio, 1 / seen.magnification, seen.centre, seen.inliers) if seen else None


def _common_name(shots: Sequence[Shot]) -> str:
    """What the names of the shots begin with, or the first of them."""
    names = [shot.name for shot in shots]
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same).rstrip("-_ .") or min(names)


def _why_alone(shot: Shot) -> str:
    if shot.focal_length or shot.metadata.focal_length_35mm:
        return "is the only shot of its scene"
    return "EXIF without focal length, and no other photo shows the same at another one"
