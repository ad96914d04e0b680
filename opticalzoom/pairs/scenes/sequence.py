"""Folders of photographs at several focal lengths -> scenes -> pairs of shots, by what EXIF says.

Only headers are read, and thumbnails of photos that time alone doesn't sort. Whether two shots really show the same
thing is for registration to find out.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise, permutations
from pathlib import Path

from opticalzoom.files import home_path
from opticalzoom.pairs.scenes import sr_raw
from opticalzoom.pairs.scenes.content import split_by_content
from opticalzoom.pairs.scenes.exposure import clock, pause_between
from opticalzoom.pairs.scenes.focal_lengths import Scene, ShotPair, by_focal_length, field_of_view_ratio
from opticalzoom.photo.siblings import Problem, Shot, find_shots, folders, home

_LAST_NUMBER = 9999
"""Of DCF: after it a camera begins anew with 1."""

__all__ = ["Problem", "Scene", "Shot", "ShotPair", "find_scenes", "pair_shots"]


def find_scenes(root: str | Path, gap: float = 60.0) -> tuple[list[Scene], list[Problem]]:
    """Group the photographs of a folder tree into scenes.

    Folders of SR-RAW are a scene each. Elsewhere a scene is what one camera (make and model; the lens may change)
    took in one folder without a pause longer than ``gap`` between the end of a shot and the next. RAW and JPEG of one
    exposure are one shot: the same stem, in one folder or in folders named after the kind, as ``RAW`` beside ``JPEG``.
    Photos without a time, and those among which a focal length comes twice, are sorted further by what they show.

    Args:
        root: the folder.
        gap: seconds, by the camera's clock.

    Returns:
        Scenes of two shots or more, by name, and every file that looks like a photo or video and isn't used.

    Raises:
        PairError: ``root`` is no folder.
    """
    groups, problems = find_groups(root, gap)
    scenes: list[Scene] = []
    for name, shots in groups:
        scenes += _usable(name, shots, problems)
    return with_unique_names(scenes), sorted(problems, key=lambda problem: problem.path)


def find_groups(root: str | Path, gap: float = 60.0) -> tuple[list[tuple[str, list[Shot]]], list[Problem]]:
    """The groups of shots that :func:`find_scenes` makes scenes of, each with its name, whatever EXIF says of them.

    Raises:
        PairError: ``root`` is no folder.
    """
    root = home_path(root)
    problems: list[Problem] = []
    groups: list[tuple[str, list[Shot]]] = []
    homes: dict[Path, list[Path]] = defaultdict(list)
    for folder, files, below in folders(root, problems):
        if not sr_raw.is_scene(folder, files):
            homes[home(root, folder)] += files
            continue
        below.clear()  # what the authors' scripts put there
        shots, more = sr_raw.find_scene_shots(folder, files)
        problems += more
        groups.append((_name(root, folder), shots))
    for folder, files in homes.items():
        shots, more = find_shots(files)
        problems += more
        for sequence in _by_camera_and_time(shots, gap):
            for group in split_by_content(sequence) if _is_ambiguous(sequence) else [sequence]:
                groups.append((_name(root, folder, group[0].name), group))
    return groups, problems


def pair_shots(scene: Scene, scale: int, tolerance: float = 0.25) -> list[ShotPair]:
    """All pairs of shots that suit a scale.

    The ratio of focal lengths has to be from ``1 - tolerance / 2`` to ``1 + tolerance`` times the scale: the long shot
    must resolve what the scale asks for, so too much is better than too little. At ×4 this gives the pairs of SR-RAW
    that SDAN trains on, 240/50, 150/35 and 100/24 mm; its ×8, 240/35, is a ratio of 6.9 and takes a tolerance of 0.3.

    A scene of two shots of which the ratio isn't known is a pair, too.

    Args:
        scene: from :func:`find_scenes`.
        scale: Y over the RGB size of X.
        tolerance: relative.
    """
    pairs = []
    for long, short in permutations(scene.shots, 2):
        ratio = field_of_view_ratio(short.metadata, long.metadata)
        if ratio is not None and 1 - tolerance / 2 <= ratio / scale <= 1 + tolerance:
            pairs.append(_pair(scene, short, long, ratio))
    if len(scene.shots) == 2 and field_of_view_ratio(scene.shots[0].metadata, scene.shots[1].metadata) is None:
        long, short = sorted(scene.shots, key=lambda shot: shot.name)
        pairs.append(_pair(scene, short, long, None))
    return pairs


def _pair(scene: Scene, short: Shot, long: Shot, ratio: float | None) -> ShotPair:
    return ShotPair(f"{scene.name}-{short.name}-{long.name}", short, long, ratio)


def _by_camera_and_time(shots: list[Shot], gap: float) -> list[list[Shot]]:
    cameras: dict[tuple[str, bool], list[Shot]] = defaultdict(list)
    for shot in shots:
        cameras[shot.metadata.camera or "", shot.metadata.time is None].append(shot)
    groups: list[list[Shot]] = []
    for _, found in sorted(cameras.items()):
        taken = _in_order(found)
        groups.append(taken[:1])
        for before, shot in pairwise(taken):
            if pause_between(before, shot) > gap:
                groups.append([])
            groups[-1].append(shot)
    return groups


def _in_order(shots: list[Shot]) -> list[Shot]:
    """By the camera's clock, and by name where it says nothing; ``IMG_0001`` follows ``IMG_9999`` if both are there."""
    numbers = sorted({number for shot in shots if (number := _number(shot)) is not None})
    first = 0
    if {1, _LAST_NUMBER} <= set(numbers):
        first = max(pairwise(numbers), key=lambda ends: ends[1] - ends[0])[1]

    def key(shot: Shot) -> tuple[datetime, bool, str]:
        number = _number(shot)
        return clock(shot), bool(number is not None and number < first), shot.name

    return sorted(shots, key=key)


def _number(shot: Shot) -> int | None:
    """The number that ends the name of a camera's file, as DCF has it: four letters and four digits."""
    found = re.fullmatch(r"[A-Za-z0-9_]{4}(\d{4})", shot.name)
    return int(found[1]) if found else None


def _is_ambiguous(shots: list[Shot]) -> bool:
    """Whether this may be several scenes: two photos are one, and of one scene each focal length is taken once."""
    lengths = [shot.focal_length for shot in shots]
    return len(shots) > 2 and (shots[0].metadata.time is None or len(set(lengths)) < len(lengths))


def _usable(name: str, shots: list[Shot], problems: list[Problem]) -> list[Scene]:
    """The scene of these shots, if two or more of them can be used; ``problems`` gets the others."""
    if len(shots) != 2:
        known = [shot for shot in shots if shot.focal_length or shot.metadata.focal_length_35mm]
        problems += [Problem(shot.path, "EXIF without focal length") for shot in shots if shot not in known]
        shots = known
    if len(shots) == 1:
        problems.append(Problem(shots[0].path, "is the only shot of its scene"))
    return [Scene(name, by_focal_length(shots))] if len(shots) > 1 else []


def _name(root: Path, folder: Path, shot: str | None = None) -> str:
    parts = folder.relative_to(root).parts or (() if shot else (folder.name,))
    return "-".join((*parts, shot) if shot else parts)


def with_unique_names(scenes: list[Scene]) -> list[Scene]:
    """By name; ``a-b/c`` and ``a/b-c`` would have one name."""
    count: Counter[str] = Counter()
    named = []
    for scene in sorted(scenes, key=lambda scene: (scene.name, scene.shots[0].path)):
        count[scene.name] += 1
        suffix = f"-{count[scene.name]}" if count[scene.name] > 1 else ""
        named.append(Scene(scene.name + suffix, scene.shots))
    return named
