"""SR-RAW as it is downloaded: 500 scenes at seven focal lengths, RAW and JPEG.

Source: Zhang, Chen, Ng, Koltun, "Zoom to Learn, Learn to Zoom", CVPR 2019,
https://github.com/ceciliavision/zoom-learn-zoom. ``train`` and ``test`` hold one folder a scene, ``00001`` and so on,
with ``00001.JPG``, ``00001.ARW`` (240 mm) to ``00007`` (24 mm); some scenes have six. The authors' scripts add
``tform.txt``, ``wb.txt`` and the folders ``cropped``, ``compare`` and ``aligned``: none of it is used, as the photos
are registered anew, and white balance comes from the RAW files.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from opticalzoom.photo.siblings import Problem, Shot, find_shots, is_picture

FOCAL_LENGTHS = (240.0, 150.0, 100.0, 70.0, 50.0, 35.0, 24.0)
"""Focal lengths of the shots 00001 to 00007, in mm."""

WRONG_SHOTS = frozenset({"00267/00003", "00350/00001", "00350/00002", "00350/00003", "00560/00003"})
"""Scene and shot that SDAN's authors leave out (``wrong_file`` in datasets/srraw_dataset.py of
https://github.com/MKFMIKU/SDAN, commit eb0ea92)."""

_SCENE, _SHOT = re.compile(r"\d{5}"), re.compile(r"0000[1-7]")


def is_scene(folder: Path, files: list[Path]) -> bool:
    """Whether a folder with these files is a scene of SR-RAW, by its name and theirs."""
    pictures = [path.stem for path in files if is_picture(path)]
    return bool(_SCENE.fullmatch(folder.name) and pictures and all(map(_SHOT.fullmatch, pictures)))


def find_scene_shots(folder: Path, files: list[Path]) -> tuple[list[Shot], list[Problem]]:
    """The shots of one scene, without those known to be wrong.

    Focal lengths are those of EXIF; where it has none and all seven shots are there, those of the order.
    """
    shots, problems = find_shots(files)
    if len(shots) == len(FOCAL_LENGTHS):
        shots = [_with_focal_length(shot, length) for shot, length in zip(shots, FOCAL_LENGTHS, strict=True)]
    wrong = [shot for shot in shots if f"{folder.name}/{shot.name}" in WRONG_SHOTS]
    problems += [Problem(shot.path, "is one of the wrong shots that SDAN's authors list") for shot in wrong]
    problems += [Problem(path, "cannot be read, and is not needed") for path in files if _is_broken(path)]
    return [shot for shot in shots if shot not in wrong], problems


def _with_focal_length(shot: Shot, length: float) -> Shot:
    if shot.focal_length:
        return shot
    return dataclasses.replace(shot, metadata=dataclasses.replace(shot.metadata, focal_length=length))


def _is_broken(path: Path) -> bool:
    """Whether this is a ``tform.txt`` that isn't one: headings, each followed by two or more rows of numbers."""
    if path.name != "tform.txt":
        return False
    try:
        rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
        numbers = [[float(word) for word in row] for row in rows if len(row) > 1]
    except (OSError, ValueError):
        return True
    return not numbers
