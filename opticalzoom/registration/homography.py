"""Homographies between two grey pictures: from features, refined by ECC.

All of them map pixels (x, y, 1) of ``fixed`` to pixels of ``moving``, both H×W uint8.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.registration.resize import corners
from opticalzoom.registration.warp import Image

Homography = NDArray[np.float64]

_MAX_FEATURES = 4000
_RATIO = 0.8  # Lowe's ratio test
_MIN_INLIERS = 20
_MAX_STRETCH = 16.0  # of any side: zoom lenses and the sizes of pictures explain no more
_MAX_UNEVENNESS = 1.6  # of the sides' stretches: more perspective than two shots of one scene have


class FeatureMatch(NamedTuple):
    """A homography and how many features agree with it."""

    homography: Homography
    inliers: int


def homography_from_features(moving: Image, fixed: Image) -> FeatureMatch | None:
    """SIFT matches and MAGSAC++; None if fewer than 20 agree or the result is no plausible view of the scene."""
    sift = cv2.SIFT.create(_MAX_FEATURES)
    points_f, descriptors_f = sift.detectAndCompute(fixed, None)
    points_m, descriptors_m = sift.detectAndCompute(moving, None)
    if descriptors_f is None or descriptors_m is None or min(len(points_f), len(points_m)) < _MIN_INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors_f, descriptors_m, k=2)
    matches = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    if len(matches) < _MIN_INLIERS:
        return None
    start = np.array([points_f[m.queryIdx].pt for m in matches], dtype=np.float32)
    end = np.array([points_m[m.trainIdx].pt for m in matches], dtype=np.float32)
    homography, inliers = cv2.findHomography(start, end, cv2.USAC_MAGSAC, 2.0, maxIters=5000, confidence=0.999)
    if homography is None or int(inliers.sum()) < _MIN_INLIERS:
        return None
    found = np.asarray(homography, dtype=np.float64)
    return FeatureMatch(found, int(inliers.sum())) if is_plausible(found, *moving.shape[:2]) else None


def refine_ecc(moving: Image, fixed: Image, homography: Homography, iterations: int = 30) -> Homography:
    """The homography of maximal enhanced correlation coefficient, or the given one if that does not converge."""
    start = homography.astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, iterations, 1e-5)
    try:
        _, result = cv2.findTransformECC(  # type: ignore[call-overload]  # the stubs forget that the mask may be None
            fixed, moving, start, cv2.MOTION_HOMOGRAPHY, criteria, None, 5
        )
    except cv2.error:  # OpenCV's way to say that the iterations diverged
        return homography
    refined = np.asarray(result, dtype=np.float64)
    return refined if is_plausible(refined, *moving.shape[:2]) else homography


def is_plausible(homography: Homography, height: int, width: int) -> bool:
    """Whether the outline of the moving picture, height×width, looks like that of a rectangle in the fixed one.

    It has to stay convex, keep its orientation, and be stretched within reason and about evenly.
    """
    if not np.isfinite(homography).all() or abs(np.linalg.det(homography)) < 1e-12:
        return False
    homogeneous = np.c_[corners(height, width), np.ones(4)] @ np.linalg.inv(homography).T
    if (homogeneous[:, 2] * np.sign(homography[2, 2]) <= 0).any():
        return False
    moved = homogeneous[:, :2] / homogeneous[:, 2:]
    sides = np.roll(moved, -1, axis=0) - moved
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    stretch = np.linalg.norm(sides, axis=1) / np.maximum([width - 1, height - 1, width - 1, height - 1], 1)
    even = stretch.max() < _MAX_UNEVENNESS * stretch.min()
    return bool((turns > 0).all() and even and stretch.max() < _MAX_STRETCH and stretch.min() > 1 / _MAX_STRETCH)
