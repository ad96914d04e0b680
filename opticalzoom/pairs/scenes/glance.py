"""What a shot shows, at a glance: a thumbnail's features, and what two of them say about two shots.

A glance tells which shots show the same thing, how many times wider one sees than the other and where the other lies
in it, to a few percent. Registration looks properly.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.scenes.content import grey_thumbnail
from opticalzoom.photo.siblings import Shot
from opticalzoom.photo.size import read_size
from opticalzoom.registration.homography import is_plausible
from opticalzoom.registration.same_view import pixels_spanned

_SIDE, _FEATURES = 1024, 1200
"""Longer side of a thumbnail in pixels, and its features at most."""
_LEAST_SIDE = 480  # smaller pictures are enlarged to it: features need room
_RATIO, _ERROR = 0.8, 3.0  # Lowe's ratio test; pixels of the thumbnail
_LEAST_INLIERS, _LEAST_SHARE = 14, 0.25
"""Features that have to agree, and their share of those that look alike: chance gives 4 to 9, of many."""


@dataclass(frozen=True, eq=False)
class Glance:
    """Features of a shot.

    Attributes:
        size: (height, width) of the shot in pixels, upright.
        shape: (height, width) of the thumbnail.
        points: n×2 float32 (x, y), pixels of the thumbnail.
        descriptors: n×128 float32 of length 1, strongest first.
    """

    size: tuple[int, int]
    shape: tuple[int, int]
    points: NDArray[np.float32]
    descriptors: NDArray[np.float32]


@dataclass(frozen=True)
class Sighting:
    """One shot seen in another.

    Attributes:
        ratio: of the fields of view, the first's over the second's, by their widths; below 1 if the first is longer.
        magnification: pixels of the second per pixel of the first, as photographed.
        centre: (y, x), where the middle of the longer lies in the wider from that one's middle, in its widths.
        inliers: features that agree.
    """

    ratio: float
    magnification: float
    centre: tuple[float, float]
    inliers: int


def glance(shot: Shot) -> Glance | None:
    """Look at a shot; None if it cannot be decoded or shows nothing: reading it properly will tell."""
    try:
        grey = grey_thumbnail(shot, _SIDE)
        size = read_size(shot.path)
    except Exception:  # of many classes, for damaged pictures
        return None
    return features(grey, size)


def features(grey: NDArray[np.uint8], size: tuple[int, int]) -> Glance | None:
    """The glance of a thumbnail, h×w uint8, of a shot of ``size`` (height, width); None without any feature."""
    factor = max(1.0, _LEAST_SIDE / max(grey.shape))
    enlarged = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC) if factor > 1 else grey
    points, found = cv2.SIFT.create(_FEATURES, contrastThreshold=0.02).detectAndCompute(enlarged, None)
    if found is None:
        return None
    strongest = np.argsort([-point.response for point in points], kind="stable")[:_FEATURES]
    root = np.sqrt(found[strongest] / np.maximum(found[strongest].sum(axis=1, keepdims=True), 1e-6))
    places = np.array([points[number].pt for number in strongest], np.float32)
    return Glance(size, (enlarged.shape[0], enlarged.shape[1]), places, np.asarray(root, np.float32))


def sight(first: Glance, second: Glance) -> Sighting | None:
    """How two shots lie in each other, None if they do not seem to show the same thing."""
    if min(len(first.points), len(second.points)) < _LEAST_INLIERS:
        return None
    nearest = cv2.BFMatcher(cv2.NORM_L2).knnMatch(first.descriptors, second.descriptors, k=2)
    alike = [best for best, other in nearest if best.distance < _RATIO * other.distance]
    if len(alike) < _LEAST_INLIERS:
        return None
    start = first.points[[match.queryIdx for match in alike]]
    end = second.points[[match.trainIdx for match in alike]]
    found, mask = cv2.findHomography(start, end, cv2.USAC_MAGSAC, _ERROR, maxIters=3000, confidence=0.999)
    inliers = 0 if found is None else int(mask.sum())
    if inliers < max(_LEAST_INLIERS, _LEAST_SHARE * len(alike)):
        return None
    homography = np.asarray(found, np.float64)
    return _sighting(first, second, homography, inliers) if is_plausible(homography, *second.shape) else None


def _sighting(first: Glance, second: Glance, homography: NDArray[np.float64], inliers: int) -> Sighting:
    """From the homography that maps the first thumbnail's pixels to the second's."""
    middle = _point(np.asarray(np.linalg.inv(homography)), (second.shape[1] / 2, second.shape[0] / 2))
    inside = np.clip(middle, 0, (first.shape[1], first.shape[0]))
    span = pixels_spanned(homography, float(inside[1]), float(inside[0]))
    ratio = span * first.shape[1] / second.shape[1]
    if ratio >= 1:
        offset = (middle - np.array([first.shape[1], first.shape[0]]) / 2) / first.shape[1]
    else:
        place = _point(homography, (first.shape[1] / 2, first.shape[0] / 2))
        offset = (place - np.array([second.shape[1], second.shape[0]]) / 2) / second.shape[1]
    return Sighting(ratio, ratio * second.size[1] / first.size[1], (float(offset[1]), float(offset[0])), inliers)


def _point(homography: NDArray[np.float64], at: tuple[float, float]) -> NDArray[np.float64]:
    x, y, w = homography @ np.array([*at, 1.0])
    return np.array([x / w, y / w])
