"""Homographies between two grey pictures: from features, from phase correlation, refined by ECC.

All of them map pixels (x, y, 1) of ``target`` to pixels of ``source``, both H×W uint8.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.warp import Image

Homography = NDArray[np.float64]

_MAX_FEATURES = 4000
_RATIO = 0.8  # Lowe's ratio test
_MIN_INLIERS = 20
_MAX_STRETCH = 4.0  # a homography that scales any part by more is not two shots of one scene
_MIN_RESPONSE = 0.05  # phase correlation: below it the peak is noise


def estimate_homography(source: Image, target: Image) -> Homography | None:
    """From features where enough of them agree, else a pure shift, else None."""
    found = homography_from_features(source, target)
    return found if found is not None else shift_from_phase(source, target)


def homography_from_features(source: Image, target: Image) -> Homography | None:
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
    return found if is_plausible(found, *target.shape[:2]) else None


def shift_from_phase(source: Image, target: Image) -> Homography | None:
    """A pure shift by phase correlation, for scenes with too few features; needs equal sizes."""
    if source.shape != target.shape:
        return None
    window = cv2.createHanningWindow(target.shape[::-1], cv2.CV_32F)
    (dx, dy), response = cv2.phaseCorrelate(target.astype(np.float32), source.astype(np.float32), window)
    if response < _MIN_RESPONSE:
        return None
    return np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1]], dtype=np.float64)


def refine_ecc(source: Image, target: Image, homography: Homography) -> Homography:
    """The homography of maximal enhanced correlation coefficient, or the given one if that does not converge."""
    start = homography.astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-5)
    try:
        _, result = cv2.findTransformECC(  # type: ignore[call-overload]  # the stubs forget that the mask may be None
            target, source, start, cv2.MOTION_HOMOGRAPHY, criteria, None, 5
        )
    except cv2.error:  # OpenCV's way to say that the iterations diverged
        return homography
    refined = np.asarray(result, dtype=np.float64)
    return refined if is_plausible(refined, *target.shape[:2]) else homography


def is_plausible(homography: Homography, height: int, width: int) -> bool:
    """Whether the picture's outline stays convex, keeps its orientation and is not stretched beyond reason."""
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float64)
    homogeneous = np.c_[corners, np.ones(4)] @ homography.T
    if not np.isfinite(homogeneous).all() or (homogeneous[:, 2] <= 0).any():
        return False
    moved = homogeneous[:, :2] / homogeneous[:, 2:]
    sides = np.roll(moved, -1, axis=0) - moved
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    stretch = np.linalg.norm(sides, axis=1) / np.array([width, height, width, height])
    return bool((turns > 0).all() and stretch.max() < _MAX_STRETCH and stretch.min() > 1 / _MAX_STRETCH)
