"""Two shots at different focal lengths: which part of the wide one the long one shows, and their registration.

X is the wide shot, Y the long one. The target of training is Y on the grid of X's part enlarged by the scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.photo.window import Window
from opticalzoom.registration.locate import Location, locate, locate_anywhere
from opticalzoom.registration.plane import Matrix
from opticalzoom.registration.resize import corners, resize_matrix
from opticalzoom.registration.same_view import (
    MIN_SIDE,
    find_correspondence,
    middle,
    no_registration,
    pixels_spanned,
)
from opticalzoom.registration.transform import Registration
from opticalzoom.registration.warp import Image, projected, within

_WINDOW_MARGIN = 0.02  # of Y's outline in X, on each side: what the flow may add to it
_COVERED = 1.0  # share of every border row and column of a view that Y has to show
_MIN_VIEW = 16  # pixels of X
_BLOCKS = 300  # along the longer side of a view: as finely as its borders are found, at least


@dataclass(frozen=True, eq=False)
class RegisteredView:
    """A part of X and Y's registration to it.

    Attributes:
        view: the part of X that Y shows, even-aligned: safe for a Bayer mosaic; empty if it was not found.
        registration: maps the grid ``scale`` × ``view`` to Y's pixels.
        ratio: of the fields of view as measured, X's over Y's, by their widths.
        magnification: pixels of Y as photographed per pixel of X: what a target can be enlarged by. It is the ratio
            where both pictures have the same width.
    """

    view: Window
    registration: Registration
    ratio: float
    magnification: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the pair can be used."""
        return self.registration.ok

    @property
    def reason(self) -> str:
        """Why the pair was rejected; empty for an accepted one."""
        return self.registration.reason

    def crop(self, x: Image) -> Image:
        """The view of X, h×w×C."""
        return x[self.view.rows, self.view.columns]

    def warp(self, y: Image, interpolation: int = cv2.INTER_LANCZOS4) -> Image:
        """The registered target: Y on the grid scale × view, sh×sw×C, same dtype."""
        return self.registration.warp(y, interpolation)

    def summary(self) -> dict[str, float | int | bool | str]:
        """Every number of it, for a manifest."""
        found = self.registration
        return {
            "top": self.view.rows.start,
            "left": self.view.columns.start,
            "height": self.view.shape[0],
            "width": self.view.shape[1],
            "ratio": self.ratio,
            "magnification": self.magnification,
            "ok": found.ok,
            "reason": found.reason,
            "overlap": found.overlap,
            "parallax": found.parallax,
            "trusted": found.trust,
            "residual": found.residual,
            "correlation": found.correlation,
            "inliers": found.inliers,
        }


def register_views(moving: Image, fixed: Image, scale: int, ratio: float | None = None) -> RegisteredView:
    """Find the part of a wide shot that a long one shows, and register the two; never raises for what they show.

    Args:
        moving: Y, the long shot, h×w×3 RGB, uint8 or uint16, upright or both in sensor orientation; of any size.
        fixed: X, the wide shot, H×W×3, likewise.
        scale: of the target over X.
        ratio: of the fields of view, X's over Y's; None: from the pictures.
    """
    if min(*fixed.shape[:2], *moving.shape[:2]) < MIN_SIDE:
        return _nothing(moving, f"smaller than {MIN_SIDE} pixels")
    location = locate(moving, fixed, ratio * moving.shape[1] / fixed.shape[1]) if ratio else None
    location = location or locate_anywhere(moving, fixed)
    if location is None:
        return _nothing(moving, "too few common features and no common shift")
    part = _outline(location, moving, fixed)
    if min(part.shape) < _MIN_VIEW:
        return _nothing(moving, "the pictures hardly overlap")
    found = find_correspondence(moving, fixed, location, part)
    view = covered_view(found.transform, part, moving.shape[:2])
    if min(view.shape) < _MIN_VIEW:
        return _nothing(moving, "the pictures hardly overlap")
    to_x = resize_matrix(1 / scale)
    to_x[:2, 2] += (view.columns.start, view.rows.start)
    registration = found.on_grid(to_x, (view.shape[0] * scale, view.shape[1] * scale), moving.shape[:2])
    span = pixels_spanned(found.transform, *middle(part))
    return RegisteredView(view, registration, span * fixed.shape[1] / moving.shape[1], span)


def _outline(location: Location, moving: Image, fixed: Image) -> Window:
    """The part of X around Y's outline, as far as X goes."""
    points = np.c_[corners(*moving.shape[:2]), np.ones(4)] @ np.linalg.inv(location.homography).T
    outline = points[:, :2] / points[:, 2:]
    margin = _WINDOW_MARGIN * np.ptp(outline, axis=0)
    low = np.maximum(np.floor(outline.min(axis=0) - margin), 0).astype(int)
    high = np.minimum(np.ceil(outline.max(axis=0) + margin) + 1, fixed.shape[1::-1]).astype(int)
    return Window(slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))


def covered_view(transform: Matrix, part: Window, size: tuple[int, int]) -> Window:
    """The largest even-aligned part of X within ``part``, about, that Y of ``size`` (height, width) shows entirely.

    The border that Y shows least of is cut until Y shows all four; by blocks of pixels where X is large.
    """
    rows, columns = part
    top, left = rows.start + rows.start % 2, columns.start + columns.start % 2
    block = 2 * max(1, max(rows.stop - top, columns.stop - left) // (2 * _BLOCKS))
    shown = _shown(transform, (top, left), ((rows.stop - top) // block, (columns.stop - left) // block), block, size)
    kept = _fully_shown(shown)
    return Window(*(slice(o + s.start * block, o + s.stop * block) for o, s in zip((top, left), kept, strict=True)))


def _fully_shown(shown: NDArray[np.bool_]) -> Window:
    """The part that is left when the border with the least share of True is cut until all four are True throughout."""
    first, last = [0, 0], list(shown.shape)  # of the rows and of the columns
    while last[0] > first[0] and last[1] > first[1]:
        part = shown[first[0] : last[0], first[1] : last[1]]
        shares = [part[0].mean(), part[-1].mean(), part[:, 0].mean(), part[:, -1].mean()]
        worst = int(np.argmin(shares))
        if shares[worst] >= _COVERED:
            break
        axis, at_end = divmod(worst, 2)
        first[axis], last[axis] = first[axis] + 1 - at_end, last[axis] - at_end
    return Window(slice(first[0], last[0]), slice(first[1], last[1]))


def _shown(
    transform: Matrix, start: tuple[int, int], count: tuple[int, int], block: int, size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Blocks of X's pixels, from ``start`` on, that Y shows: their four corners, as a homography keeps them convex."""
    y, x = np.mgrid[: count[0] + 1, : count[1] + 1] * block + np.array(start)[:, None, None] - 0.5
    corners = within(*projected(transform, y, x), *size)
    return np.asarray(corners[:-1, :-1] & corners[1:, :-1] & corners[:-1, 1:] & corners[1:, 1:])


def _nothing(moving: Image, reason: str) -> RegisteredView:
    return RegisteredView(Window(slice(0, 0), slice(0, 0)), no_registration((0, 0), moving.shape[:2], reason), 0.0)
