"""Where in a wide shot (fixed) the long one (moving) lies: by features, or by correlation where there are too few.

Coarse, to a few pixels; :mod:`opticalzoom.registration.same_view` refines it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import cv2
import numpy as np

from opticalzoom.photo.window import Window
from opticalzoom.registration.homography import homography_from_features
from opticalzoom.registration.normalise import normalise_locally
from opticalzoom.registration.plane import Matrix, Plane, plane, whole
from opticalzoom.registration.resize import resize_matrix
from opticalzoom.registration.warp import Image

FEATURE_SIDE = 900
"""Longest side of the pictures that features are looked for in."""
MARGIN = 0.3
"""What the predicted field of view is widened by on each side: focal length, roll and a camera that moved."""

_SEARCH_SIDE = 240
"""Longest side of the pictures that are slid over each other."""
_NOISE = 4.0  # contrast that is not raised any further: a sky's noise, raised, hides what little is common
_TEMPLATE, _LEAST_TEMPLATE = 0.7, 24
"""Part of the long shot's sides that is slid over the wide one, and the least of its pixels that tell a place."""


class SearchGrid(NamedTuple):
    """What is tried: rolls in degrees, zooms over the expected one, and the least correlation that counts."""

    rolls: tuple[float, ...]
    zooms: tuple[float, ...]
    least: float


_STRAIGHT = SearchGrid((0.0,), (1.0,), 0.9)  # where the metadata is right, for a fraction of the features' time
_TURNED = SearchGrid((0.0, -2.5, 2.5, -5.0, 5.0), (1.0, 0.95, 1.05, 0.9, 1.1), 0.5)


@dataclass(frozen=True, eq=False)
class Location:
    """Where the long photograph lies in the wide one, to a few pixels.

    Attributes:
        homography: 3×3, pixels of the wide photograph (fixed) to those of the long one (moving).
        inliers: features that agree with it; 0 if it was found without.
    """

    homography: Matrix
    inliers: int


def field_of_view(moving: Image, fixed: Image, pixels: float, margin: float = MARGIN) -> Window:
    """The middle of ``fixed`` that ``moving`` shows if the camera did not turn, and a margin.

    Args:
        moving: h×w×3, the long shot.
        fixed: H×W×3, the wide shot.
        pixels: of ``moving`` that one pixel of ``fixed`` spans.
        margin: share of the field of view, on each side.
    """
    spans = []
    for side, other in zip(fixed.shape[:2], moving.shape[:2], strict=True):
        half = min(side / 2, other / pixels * (0.5 + margin))
        start = int(np.floor(side / 2 - half))
        spans.append(slice(start, side - start))
    return Window(spans[0], spans[1])


def locate(moving: Image, fixed: Image, pixels: float) -> Location | None:
    """The long shot in the part of the wide one where it is expected, or None.

    Args:
        moving: h×w×3, the long shot.
        fixed: H×W×3, the wide shot.
        pixels: of ``moving`` that one pixel of ``fixed`` is expected to span.
    """
    part = field_of_view(moving, fixed, pixels)
    sampling = min(2.0, FEATURE_SIDE / max(part.shape))
    wide = plane(fixed, part, sampling)
    long = plane(moving, whole(moving), min(1.0, sampling / pixels))
    return (
        by_correlation(long, wide, pixels, _STRAIGHT)
        or by_features(long, wide)
        or by_correlation(long, wide, pixels, _TURNED)
    )


def locate_anywhere(moving: Image, fixed: Image) -> Location | None:
    """The long shot anywhere in the wide one at any scale, or None."""
    wide = plane(fixed, whole(fixed), min(1.0, 2 * FEATURE_SIDE / max(fixed.shape[:2])))
    long = plane(moving, whole(moving), min(1.0, FEATURE_SIDE / max(moving.shape[:2])))
    return by_features(long, wide)


def by_features(moving: Plane, fixed: Plane) -> Location | None:
    """The location that features of the two planes agree on, or None."""
    found = homography_from_features(normalise_locally(moving.grey), normalise_locally(fixed.grey))
    if found is None:
        return None
    return Location(fixed.photos(moving, found.homography), found.inliers)


def by_correlation(moving: Plane, fixed: Plane, pixels: float, search: SearchGrid) -> Location | None:
    """Slide the middle of the long shot over the wide one at a few scales and rolls, for want of features.

    Args:
        moving: the long shot.
        fixed: the part of the wide shot where it is expected.
        pixels: of the long photograph that one pixel of the wide photograph is expected to span.
        search: rolls and zooms that are tried, and the least correlation that counts.
    """
    factor = min(1.0, _SEARCH_SIDE / max(fixed.size))
    picture = _prepared(fixed.grey, factor)
    spanned = pixels * fixed.to_photo[0, 0] / moving.to_photo[0, 0]  # pixels of the one plane in one of the other
    best, found = search.least, None
    for roll, zoom in product(search.rolls, search.zooms):
        to_moving = _middle(moving, spanned * zoom / factor, roll)
        height, width = (int(_TEMPLATE * side * factor / (spanned * zoom)) for side in moving.size)
        if min(height, width) < _LEAST_TEMPLATE or height > picture.shape[0] or width > picture.shape[1]:
            continue
        to_moving[:, 2] -= to_moving[:, :2] @ np.array([(width - 1) / 2, (height - 1) / 2])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        soft = cv2.GaussianBlur(moving.grey, (0, 0), max(0.5 * spanned * zoom / factor, 0.3))
        template = normalise_locally(cv2.warpAffine(soft, to_moving, (width, height), flags=flags), noise=_NOISE)
        scores = cv2.matchTemplate(picture, template, cv2.TM_CCOEFF_NORMED)
        _, peak, _, place = cv2.minMaxLoc(scores)
        if peak > best:
            shift = np.array([[1, 0, -place[0]], [0, 1, -place[1]], [0, 0, 1]], dtype=np.float64)
            best, found = peak, np.vstack((to_moving, [0, 0, 1])) @ shift @ resize_matrix(factor)
    return None if found is None else Location(fixed.photos(moving, found), 0)


def _middle(picture: Plane, step: float, roll: float) -> Matrix:
    """2×3, from a grid about the middle of a plane to its pixels: by ``roll`` degrees, ``step`` of them a pixel."""
    cosine, sine = step * np.cos(np.radians(roll)), step * np.sin(np.radians(roll))
    return np.array([[cosine, -sine, (picture.size[1] - 1) / 2], [sine, cosine, (picture.size[0] - 1) / 2]])


def _prepared(grey: Image, factor: float) -> Image:
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return normalise_locally(small, noise=_NOISE)
