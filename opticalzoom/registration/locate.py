"""Where in a wide shot the long one lies: features, or a search by correlation where there are too few.

Coarse, to a few pixels; :mod:`opticalzoom.registration.same_view` refines it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import cv2
import numpy as np

from opticalzoom.registration.homography import homography_from_features
from opticalzoom.registration.normalise import normalise_locally
from opticalzoom.registration.plane import Matrix, Plane, plane
from opticalzoom.registration.warp import Image

FEATURE_SIDE = 900
"""Longest side of the pictures that features are looked for in."""
MARGIN = 0.3
"""What the predicted field of view is widened by on each side: focal length, roll and a camera that moved."""

_SEARCH_SIDE = 240
"""Longest side of the pictures that are slid over each other."""
_NOISE = 4.0  # contrast that is not raised any further: a sky's noise, raised, hides what little is common
_TEMPLATE, _LEAST_TEMPLATE = 0.7, 24
"""Part of Y's sides that is slid over X, and the least of its pixels that tell a place."""


class Search(NamedTuple):
    """What is tried: rolls in degrees, zooms over the expected one, and the least correlation that counts."""

    rolls: tuple[float, ...]
    zooms: tuple[float, ...]
    least: float


_STRAIGHT = Search((0.0,), (1.0,), 0.9)  # where the metadata is right, for a fraction of the features' time
_TURNED = Search((0.0, -2.5, 2.5, -5.0, 5.0), (1.0, 0.95, 1.05, 0.9, 1.1), 0.5)


@dataclass(frozen=True, eq=False)
class Location:
    """Attributes:
    homography: 3×3, pixels of the wide photograph to those of the long one.
    inliers: features that agree with it; 0 if it was found without.
    """

    homography: Matrix
    inliers: int


def field_of_view(x: Image, y: Image, pixels: float, margin: float = MARGIN) -> tuple[slice, slice]:
    """Rows and columns of the middle of ``x`` that ``y`` shows, and a margin.

    Args:
        x: H×W×3.
        y: h×w×3.
        pixels: of ``y`` that one pixel of ``x`` spans.
        margin: share of the field of view, on each side.
    """
    spans = []
    for side, other in zip(x.shape[:2], y.shape[:2], strict=True):
        half = min(side / 2, other / pixels * (0.5 + margin))
        start = int(np.floor(side / 2 - half))
        spans.append(slice(start, side - start))
    return spans[0], spans[1]


def locate(x: Image, y: Image, pixels: float) -> Location | None:
    """The long shot in the part of the wide one where it is expected, or None."""
    rows, columns = field_of_view(x, y, pixels)
    longest = max(rows.stop - rows.start, columns.stop - columns.start)
    sampling = min(2.0, FEATURE_SIDE / longest)
    target = plane(x, rows, columns, sampling)
    source = plane(y, slice(0, y.shape[0]), slice(0, y.shape[1]), min(1.0, sampling / pixels))
    return (
        by_correlation(source, target, pixels, _STRAIGHT)
        or by_features(source, target)
        or by_correlation(source, target, pixels, _TURNED)
    )


def locate_anywhere(x: Image, y: Image) -> Location | None:
    """The long shot anywhere in the wide one at any scale, or None."""
    target = plane(x, slice(0, x.shape[0]), slice(0, x.shape[1]), min(1.0, 2 * FEATURE_SIDE / max(x.shape[:2])))
    source = plane(y, slice(0, y.shape[0]), slice(0, y.shape[1]), min(1.0, FEATURE_SIDE / max(y.shape[:2])))
    return by_features(source, target)


def by_features(source: Plane, target: Plane) -> Location | None:
    """From features of the two planes."""
    found = homography_from_features(normalise_locally(source.grey), normalise_locally(target.grey))
    if found is None:
        return None
    return Location(target.photos(source, found.homography), found.inliers)


def by_correlation(source: Plane, target: Plane, pixels: float, search: Search) -> Location | None:
    """By sliding the middle of Y over X at a few scales and rolls: for pictures with too little texture for features.

    Args:
        source: Y.
        target: the part of X where it is expected.
        pixels: of the photograph Y that one pixel of the photograph X is expected to span.
        search: what is tried.
    """
    factor = min(1.0, _SEARCH_SIDE / max(target.size))
    picture = _prepared(target.grey, factor)
    spanned = pixels * target.to_photo[0, 0] / source.to_photo[0, 0]  # pixels of the one plane in one of the other
    best, found = search.least, None
    for roll, zoom in product(search.rolls, search.zooms):
        to_source = _middle(source, spanned * zoom / factor, roll)
        height, width = (int(_TEMPLATE * side * factor / (spanned * zoom)) for side in source.size)
        if min(height, width) < _LEAST_TEMPLATE or height > picture.shape[0] or width > picture.shape[1]:
            continue
        to_source[:, 2] -= to_source[:, :2] @ np.array([(width - 1) / 2, (height - 1) / 2])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        soft = cv2.GaussianBlur(source.grey, (0, 0), max(0.5 * spanned * zoom / factor, 0.3))
        template = normalise_locally(cv2.warpAffine(soft, to_source, (width, height), flags=flags), noise=_NOISE)
        scores = cv2.matchTemplate(picture, template, cv2.TM_CCOEFF_NORMED)
        _, peak, _, place = cv2.minMaxLoc(scores)
        if peak > best:
            shift = np.array([[1, 0, -place[0]], [0, 1, -place[1]], [0, 0, 1]], dtype=np.float64)
            shrink = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1]])
            best, found = peak, np.vstack((to_source, [0, 0, 1])) @ shift @ shrink
    return None if found is None else Location(target.photos(source, found), 0)


def _middle(source: Plane, step: float, roll: float) -> Matrix:
    """2×3: the middle of the source is (0, 0), turned by ``roll`` degrees, a pixel is ``step`` of the source's."""
    cosine, sine = step * np.cos(np.radians(roll)), step * np.sin(np.radians(roll))
    return np.array([[cosine, -sine, (source.size[1] - 1) / 2], [sine, cosine, (source.size[0] - 1) / 2]])


def _prepared(grey: Image, factor: float) -> Image:
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return normalise_locally(small, noise=_NOISE)
