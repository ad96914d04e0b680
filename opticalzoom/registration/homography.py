"""Homographies between two grey pictures: from features, refined by ECC.

All of them map pixels (x, y, 1) of ``target`` to pixels of ``source``, both H×W uint8.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.registration.warp import Image

Homography = NDArray[np.float64]

_MAX_FEATURES = 4000
_RATIO = 0.8  # Lowe's ratio test
_MIN_INLIERS = 20
_MAX_STRETCH = 16.0  # of any side: zoom lenses and the sizes of pictures explain no more
_MAX_UNEVENNESS = 1.6  # of the sides' stretches: more perspective than two shots of one scene have


class Found(NamedTuple):
    """A homography and how many features agree with it."""

    homography: Homography
    inliers: int


def homography_from_features(source: Image, target: Image) -> Found | None:
    """SIFT matches and MAGSAC++; None if fewer than 20 agree or the result is no plausible view of the scene."""
    sift = cv2.SIFT.create(_MAX_FEATURES)
    points_t, descriptors_t = sift.detectAndCompute(target, None)
    points_s, descriptors_s = sift.detectAndCompute(source, None)
    if descriptors_t is None or descriptors_s is None or min(len(points_t), len(points_s)) < _MIN_INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors_t, descriptors_s, k=2)
    matches = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    if len(matches) < _MIN_INLIERS:
        return None
    start = np.array([points_t[m.queryIdx].pt for m in matches], dtype=np.float32)
    end = np.array([points_s[m.trainIdx].pt for m in matches], dtype=np.float32)
    homography, inliers = cv2.findHomography(start, end, cv2.USAC_MAGSAC, 2.0, maxIters=5000, confidence=0.999)
    if homography is None or int(inliers.sum()) < _MIN_INLIERS:
        return None
    found = np.asarray(homography, dtype=np.float64)
    return Found(found, int(inliers.sum())) if is_plausible(found, *source.shape[:2]) else None


def refine_ecc(source: Image, target: Image, homography: Homography, iterations: int = 30) -> Homography:
    """The homography of maximal enhanced correlation coefficient, or the given one if that does not converge."""
    start = homography.astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, iterations, 1e-5)
    try:
        _, result = cv2.findTransformECC(  # type: ignore[call-overload]  # the stubs forget that the mask may be None
            target, source, start, cv2.MOTION_HOMOGRAPHY, criteria, None, 5
        )
    except cv2.error:  # OpenCV's way to say that the iterations diverged
        return homography
    refined = np.asarray(result, dtype=np.float64)
    return refined if is_plausible(refined, *source.shape[:2]) else homography


def is_plausible(homography: Homography, height: int, width: int) -> bool:
    """Whether the outline of the source, height×width, is the picture of a rectangle in the target.

    It has to stay convex, keep its orientation, and be stretched within reason and about evenly.
    """
    if not np.isfinite(homography).all() or abs(np.linalg.det(homography)) < 1e-12:
        return False
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float64)
    homogeneous = np.c_[corners, np.ones(4)] @ np.linalg.inv(homography).T
    if (homogeneous[:, 2] * np.sign(homography[2, 2]) <= 0).any():
        return False
    moved = homogeneous[:, :2] / homogeneous[:, 2:]
    sides = np.roll(moved, -1, axis=0) - moved
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    stretch = np.linalg.norm(sides, axis=1) / np.maximum([width - 1, height - 1, width - 1, height - 1], 1)
    even = stretch.max() < _MAX_UNEVENNESS * stretch.min()
    return bool((turns > 0).all() and even and stretch.max() < _MAX_STRETCH and stretch.min() > 1 / _MAX_STRETCH)
