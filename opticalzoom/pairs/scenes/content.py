"""Whether shots show the same thing, at a glance: for groups in which time doesn't tell where a scene ends.

A thumbnail of the longer shot is looked for in the middle of the shorter one's. This only sorts: registration looks
properly, and says which pairs do not belong together after all.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from opticalzoom.errors import PhotoError
from opticalzoom.pairs.pair import as_rgb
from opticalzoom.pairs.scenes.focal_lengths import field_of_view_ratio
from opticalzoom.pairs.scenes.union_find import UnionFind
from opticalzoom.photo.formats.photo_file import open_file
from opticalzoom.photo.orientation import upright
from opticalzoom.photo.raw.raw_file import read_preview
from opticalzoom.photo.siblings import Shot

Thumbnail = NDArray[np.uint8]

SAME = 0.6
"""Correlation from which on two shots count as showing the same. Of 360 simulated scenes in sequences of three, 2 to 5
shots each, 346 were found exactly, 12 merged with another and 2 torn apart; higher tears more, lower merges more."""
_SIDE, _PATCH = 256, 64
"""Longer side of a thumbnail, and of what is looked for, pixels."""
_RIM = 0.12
"""What the longer shot's thumbnail loses on each side and the shorter one's gains: room for a camera that moved."""
_COARSE = 0.15
"""Brightness that varies more slowly than over this part of the picture is left out: every sky is bright above."""
_REACH = 12
"""How many shots back a shot is compared with."""


def split_by_content(shots: list[Shot]) -> list[list[Shot]]:
    """Parts of a sequence that show the same, each in the order of the sequence.

    Two shots are of one part if they look alike, or if both look like a third one. A shot whose file cannot be decoded
    or whose focal length isn't known stays with the one before it.
    """
    thumbnails = [_thumbnail(shot) for shot in shots]
    parts = UnionFind(len(shots))
    for first, second in combinations(range(len(shots)), 2):
        if second - first > _REACH or parts.find(first) == parts.find(second):
            continue
        found = _likeness(shots[first], shots[second], thumbnails[first], thumbnails[second])
        if _belong_together(found, second - first):
            parts.join(first, second)
    return [[shots[number] for number in part] for part in parts.groups()]


def _belong_together(likeness: float | None, distance: int) -> bool:
    """Whether two shots, ``distance`` apart, are of one part: those that look alike; if nobody knows, neighbours."""
    if likeness is None:
        return distance == 1
    return likeness >= SAME


def _likeness(first: Shot, second: Shot, one: Thumbnail | None, other: Thumbnail | None) -> float | None:
    ratio = field_of_view_ratio(first.metadata, second.metadata)
    if ratio is None or one is None or other is None:
        return None
    return likeness(one, other, ratio) if ratio >= 1 else likeness(other, one, 1 / ratio)


def likeness(short: Thumbnail, long: Thumbnail, ratio: float) -> float:
    """Largest normalised correlation, -1 to 1, of the long shot with the middle of the short one.

    Args:
        short: h×w grey, uint8.
        long: h×w grey, uint8.
        ratio: of their fields of view, at least 1.
    """
    scale = min(1.0, _PATCH * ratio / _SIDE)
    # As large as the long shot appears in the short one, or smaller.
    target = _resized(long, scale / ratio)
    middle = _resized(_middle(short, (1 + 2 * _RIM) / ratio), scale)
    coarse = _COARSE * max(target.shape)
    fine, sought = _without_coarse(middle, coarse), _middle(_without_coarse(target, coarse), 1 - 2 * _RIM)
    sought = sought[: fine.shape[0], : fine.shape[1]]  # an upright format doesn't fit into a level one
    return float(cv2.matchTemplate(fine, sought, cv2.TM_CCOEFF_NORMED).max())


def grey_thumbnail(shot: Shot, side: int) -> Thumbnail:
    """A shot in grey and upright, at most ``side`` pixels wide and high; of a RAW file the camera's own preview.

    Raises:
        Exception: of many classes, for damaged pictures, and RAW files without a preview.
    """
    # An open file, as Pillow would map one that it is given by name.
    with open_file(shot.path) as file, Image.open(file) if shot.photo else _preview(shot.path) as picture:
        picture.draft("L", (side, side))  # a JPEG is decoded no larger than needed
        grey = picture.convert("L")
    grey.thumbnail((side, side))
    if shot.photo and shot.photo.suffix.lower() == ".avif":  # the orientation of its container, which Pillow tells only
        return np.asarray(ImageOps.exif_transpose(grey))
    return upright(np.asarray(grey), shot.metadata.orientation if shot.photo else 1)


def _thumbnail(shot: Shot) -> Thumbnail | None:
    try:
        grey = grey_thumbnail(shot, _SIDE)
    except Exception:  # of many classes, for damaged pictures; reading them properly will tell
        return None
    return _resized(grey, _SIDE / max(grey.shape))


def _preview(path: Path) -> Image.Image:
    preview = read_preview(path)
    if preview is None:
        raise PhotoError("has no preview.", path=path)
    return Image.fromarray(as_rgb(preview.color))


def _middle(image: NDArray[Any], part: float) -> NDArray[Any]:
    top, left = (round(side * max(0.0, 1 - part) / 2) for side in image.shape)
    return image[top : image.shape[0] - top, left : image.shape[1] - left]


def _resized(image: Thumbnail, scale: float) -> Thumbnail:
    width, height = (max(8, round(side * scale)) for side in image.shape[::-1])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _without_coarse(image: Thumbnail, size: float) -> NDArray[np.float32]:
    values = image.astype(np.float32)
    return values - cv2.GaussianBlur(values, (0, 0), max(1.0, size))
