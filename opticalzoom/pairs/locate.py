"""Where in a wide shot the long one lies: features, or a search by correlation where there are too few.

Coarse, to a few pixels; :mod:`opticalzoom.pairs.register` refines it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from opticalzoom.pairs.homography import homography_from_features
from opticalzoom.pairs.normalise import normalise_locally
from opticalzoom.pairs.plane import Matrix, Plane, plane
from opticalzoom.pairs.warp import Image

FEATURE_SIDE = 900
"""Longest side of the pictures that features are looked for in."""
MARGIN = 0.3
"""What the predicted field of view is widened by on each side: focal length, roll and a camera that moved."""


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
    return by_features(source, target)


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
