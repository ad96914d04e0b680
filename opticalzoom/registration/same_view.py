"""Registration of a photo pair: a homography, then a dense flow for what the homography leaves.

Conventions: ``fixed`` is X on the target's grid (enlarged by the scale), ``moving`` the long shot Y as
photographed. The result maps every pixel of the registered target, which has the grid of ``fixed``, to the
pixel of ``moving`` that shows the same point.

Homography: a search by correlation, SIFT matches (Lowe, https://doi.org/10.1023/B:VISI.0000029664.99615.94) with
MAGSAC++ (https://arxiv.org/abs/1912.05909) where it fails, a wider search where they are too few, ECC on a pyramid
(Evangelidis and Psarakis, https://doi.org/10.1109/TPAMI.2008.113). Flow: see :mod:`opticalzoom.registration.flow`.
All of it happens on reduced pictures: a registration costs about the same for 1 and for 24 megapixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.photo.window import Window
from opticalzoom.registration.flow import follow, smooth_flow
from opticalzoom.registration.homography import refine_ecc
from opticalzoom.registration.locate import Location, locate
from opticalzoom.registration.method import Method
from opticalzoom.registration.normalise import coarse_correlation, evidence_of, local_correlation, normalise_locally
from opticalzoom.registration.plane import Matrix, Plane, normalised, plane, whole
from opticalzoom.registration.resize import resize_matrix
from opticalzoom.registration.transform import Registration
from opticalzoom.registration.warp import Field, Image, scaled_homography, shrink

VERSION = 9
"""Part of every cache key: raise it when the result of a registration changes."""

_WORKING_PIXELS = 1.5e6  # of the grid that the flow is computed on: more costs time and adds little accuracy
_OVERSAMPLING = 3.0  # pixels of that grid per pixel of X: more is finer where there is texture, noisier where not
_SMOOTHING, _LEAST_SMOOTHING = 6.0, 15.0  # sigma of the flow's Gaussian: pixels of X, and of the grid
_ECC_SIDES = (320, 800)  # longest sides of ECC's pyramid
_MIN_CORRELATION = 0.35  # of locally normalised images: wrong pairs reach about 0.1, right ones 0.6 and more
_MIN_COARSE = 0.65  # right pairs have 0.9 and more, two walls of one kind of brick 0.2 to 0.5
_MIN_TRUSTED = 0.3
_CLIPPED = 250.0  # of 255
MIN_SIDE = 32
"""Pixels: smaller pictures cannot be registered."""


@dataclass(frozen=True, eq=False)
class Correspondence:
    """Two photographs brought together on a working grid.

    Attributes:
        fixed: X on the working grid.
        transform: 3×3, pixels of the photograph X to those of Y.
        flow: h×w×2 float32, in pixels of the working grid, over the whole of it.
        doubt: h×w float32, expected error in pixels of Y.
        correlation: of the locally normalised pictures where both show something.
        coarse: correlation of their coarse details as they are, least of several sizes.
        inliers: features that agree.
    """

    fixed: Plane
    transform: Matrix
    flow: Field
    doubt: NDArray[np.float32]
    correlation: float
    coarse: float
    inliers: int

    def on_grid(self, to_x: Matrix, size: tuple[int, int], moving_size: tuple[int, int]) -> Registration:
        """The registration of a target, of which ``to_x`` (3×3) maps the pixels to X's."""
        height, width = (max(1, round(side)) for side in self._coarse_size(to_x, size))
        to_target = resize_matrix(size[0] / height, size[1] / width)
        to_plane = np.linalg.inv(self.fixed.to_photo) @ to_x  # of the target's pixels
        to_flow = resize_matrix(self.flow.shape[0] / self.fixed.size[0], self.flow.shape[1] / self.fixed.size[1])
        to_coarse = (to_flow @ to_plane @ to_target)[:2]
        flags, border = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.BORDER_REPLICATE
        flow = cv2.warpAffine(self.flow, to_coarse, (width, height), flags=flags, borderMode=border)
        doubt = cv2.warpAffine(self.doubt, to_coarse, (width, height), flags=flags, borderMode=border)
        enlarge = np.array([1 / to_plane[1, 1], 1 / to_plane[0, 0]], np.float32)
        found = Registration(
            size,
            moving_size,
            normalised(self.transform @ to_x),
            np.asarray(flow * enlarge, np.float32),
            np.asarray(doubt, np.float32),
            self.correlation,
            inliers=self.inliers,
        )
        return judged(found, self.coarse)

    def _coarse_size(self, to_x: Matrix, size: tuple[int, int]) -> tuple[float, float]:
        """Of the flow's grid over the target: as fine as the flow is."""
        to_plane = np.linalg.inv(self.fixed.to_photo) @ to_x
        return (
            size[0] * to_plane[1, 1] * self.flow.shape[0] / self.fixed.size[0],
            size[1] * to_plane[0, 0] * self.flow.shape[1] / self.fixed.size[1],
        )


def register(moving: Image, fixed: Image, *, scale: float = 1.0, method: Method = "flow") -> Registration:
    """Register two photographs of one scene; never raises for what they show.

    Args:
        moving: Y, h×w×3 RGB, uint8, uint16 or float32 in [0, 1].
        fixed: X on the target's grid, H×W×3, same choice of types.
        scale: how much ``fixed`` was enlarged: ``moving`` is blurred to the same sharpness for matching.
        method: ``flow`` (homography and flow), ``homography`` alone, or ``none`` (identity, all trusted).
    """
    size, moving_size = fixed.shape[:2], moving.shape[:2]
    if method == "none":
        return unmoved(size, moving_size)
    if min(*size, *moving_size) < MIN_SIDE:
        return no_registration(size, moving_size, f"smaller than {MIN_SIDE} pixels")
    location = locate(moving, fixed, 1.0)
    if location is None:
        return no_registration(size, moving_size, "too few common features and no common shift")
    found = find_correspondence(moving, fixed, location, whole(fixed), 1.0, scale)
    if method == "homography":
        found = replace(found, flow=np.zeros_like(found.flow))
    return found.on_grid(np.eye(3), size, moving_size)


def find_correspondence(
    moving: Image,
    fixed: Image,
    location: Location,
    part: Window,
    oversampling: float = _OVERSAMPLING,
    detail: float = _OVERSAMPLING,
) -> Correspondence:
    """Refine a location in a part of X: ECC on a pyramid, then flow.

    Args:
        moving: Y, h×w×3.
        fixed: X, H×W×3.
        location: of ``moving`` in ``fixed``, to a few pixels.
        part: of ``fixed`` that is used.
        oversampling: working pixels per pixel of ``fixed``, at most.
        detail: size of what ``fixed`` resolves in those pixels.
    """
    sampling = min(oversampling, float(np.sqrt(_WORKING_PIXELS / math.prod(part.shape))))
    wide = plane(fixed, part, sampling)
    span = pixels_spanned(location.homography, *middle(part))
    long = plane(moving, whole(moving), min(1.0, sampling / span))
    detail *= sampling / oversampling
    blurred = cv2.GaussianBlur(long.grey, (0, 0), max(detail / 2, 0.5))
    sharp, soft = normalise_locally(wide.grey), normalise_locally(blurred)
    homography = _refined(soft, sharp, wide.between(long, location.homography))
    moved = normalise_locally(_warped(blurred, homography, wide.size))
    shown = _warped(np.ones(long.size, np.uint8), homography, wide.size, cv2.BORDER_CONSTANT) > 0
    seen, blur = _warped(blurred, homography, wide.size), max(detail / 2, 1.0)
    one_sided = (wide.grey >= _CLIPPED) != (seen >= _CLIPPED)
    evidence = np.maximum(evidence_of(wide.grey, blur), evidence_of(seen, blur))
    evidence = np.maximum(evidence, one_sided.astype(np.float32))  # it may have been anything: not just a blank wall
    smoothing = max(_SMOOTHING * detail, _LEAST_SMOOTHING)
    flow, error = smooth_flow(moved, sharp, evidence, smoothing, location.inliers > 0)
    correlation = local_correlation(sharp[shown], follow(moved, flow)[shown], evidence[shown])
    coarse = coarse_correlation(wide.grey, follow(seen, flow), shown & ~one_sided)
    return Correspondence(
        wide,
        wide.photos(long, homography),
        flow,
        np.asarray(error * (span / sampling), np.float32),
        correlation,
        coarse,
        location.inliers,
    )


def _warped(image: Image, homography: Matrix, size: tuple[int, int], border: int = cv2.BORDER_REFLECT_101) -> Image:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(image, homography, size[::-1], flags=flags, borderMode=border))


def _refined(moving: Image, fixed: Image, homography: Matrix) -> Matrix:
    for side in _ECC_SIDES:
        factor = min(1.0, side / max(fixed.shape))
        small_moving, small_fixed = shrink(moving, 1 / factor), shrink(fixed, 1 / factor)
        refined = refine_ecc(small_moving, small_fixed, scaled_homography(homography, factor))
        homography = scaled_homography(refined, 1 / factor)
    return normalised(homography)


def middle(part: Window) -> tuple[float, float]:
    """(y, x) of the middle of a part of a picture."""
    return (part.rows.start + part.rows.stop) / 2, (part.columns.start + part.columns.stop) / 2


def pixels_spanned(homography: Matrix, y: float, x: float) -> float:
    """Pixels of Y along one pixel of X at (y, x)."""
    points = np.array([[x, y, 1], [x + 1, y, 1], [x, y + 1, 1]]) @ homography.T
    places = points[:, :2] / points[:, 2:]
    (a, b), (c, d) = places[1] - places[0], places[2] - places[0]
    return float(np.sqrt(abs(a * d - b * c)))


def judged(found: Registration, coarse: float) -> Registration:
    """With its verdict, and the residual of what is visible; for ``coarse`` see :class:`Correspondence`."""
    reason = ""
    if found.correlation < _MIN_CORRELATION:
        reason = (
            f"the pictures do not match (correlation {found.correlation:.2f}, at least {_MIN_CORRELATION} expected)"
        )
    elif coarse < _MIN_COARSE:
        reason = (
            f"the pictures agree in their finest details only, as two places of one pattern do "
            f"(correlation of coarser ones {coarse:.2f}, at least {_MIN_COARSE} expected)"
        )
    elif found.trust < _MIN_TRUSTED:
        reason = f"only {found.trust:.0%} of the pixels could be registered (at least {_MIN_TRUSTED:.0%} expected)"
    return replace(found, residual=float(np.median(found.doubt)), reason=reason)


def unmoved(size: tuple[int, int], moving_size: tuple[int, int]) -> Registration:
    """The identity, all of it trusted."""
    return Registration(size, moving_size, np.eye(3), np.zeros((1, 1, 2), np.float32), np.zeros((1, 1), np.float32))


def no_registration(size: tuple[int, int], moving_size: tuple[int, int], reason: str) -> Registration:
    """No registration, and why."""
    nothing = np.full((1, 1), np.inf, np.float32)
    return replace(unmoved(size, moving_size), doubt=nothing, correlation=0.0, residual=np.inf, reason=reason)
