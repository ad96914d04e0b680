"""Two shots at different focal lengths: which part of the wide one the long one shows, and their registration.

X is the wide shot, Y the long one. The target of training is Y on the grid of X's part enlarged by the scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.registration.locate import Location, locate, locate_anywhere
from opticalzoom.registration.plane import Matrix
from opticalzoom.registration.same_view import MIN_SIDE, align, pixels_spanned, rejected
from opticalzoom.registration.transform import Registration
from opticalzoom.registration.warp import Image, projected, within

_WINDOW_MARGIN = 0.02  # of Y's outline in X, on each side: what the flow may add to it
_COVERED = 1.0  # share of every border row and column of a view that Y has to show
_MIN_VIEW = 16  # pixels of X
_BLOCKS = 300  # along the longer side of a view: as finely as its borders are found, at least


@dataclass(frozen=True)
class View:
    """The part of X that Y shows, even-aligned: safe for a Bayer mosaic."""

    rows: slice
    columns: slice


@dataclass(frozen=True, eq=False)
class RegisteredView:
    """A part of X and Y's registration to it.

    Attributes:
        view: the part of X; empty if it was not found.
        registration: maps the grid ``scale`` × ``view`` to Y's pixels.
        ratio: of the fields of view as measured, X's over Y's, for sensors of one width.
    """

    view: View
    registration: Registration
    ratio: float

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
            "height": self.view.rows.stop - self.view.rows.start,
            "width": self.view.columns.stop - self.view.columns.start,
            "ratio": self.ratio,
            "ok": found.ok,
            "reason": found.reason,
            "overlap": found.overlap,
            "trusted": found.trust,
            "residual": found.residual,
            "correlation": found.correlation,
            "inliers": found.inliers,
        }


def register_views(x: Image, y: Image, scale: int, ratio: float | None = None) -> RegisteredView:
    """Find the part of a wide shot that a long one shows, and register the two; never raises for what they show.

    Args:
        x: the wide shot, H×W×3 RGB, uint8 or uint16, upright or both in sensor orientation.
        y: the long shot, likewise; of any size.
        scale: of the target over X.
        ratio: of the fields of view, X's over Y's; None: from the pictures.
    """
    if min(*x.shape[:2], *y.shape[:2]) < MIN_SIDE:
        return _nothing(y, f"smaller than {MIN_SIDE} pixels")
    location = locate(x, y, ratio * y.shape[1] / x.shape[1]) if ratio else None
    location = location or locate_anywhere(x, y)
    if location is None:
        return _nothing(y, "too few common features and no common shift")
    rows, columns = _window(location, x, y)
    if min(rows.stop - rows.start, columns.stop - columns.start) < _MIN_VIEW:
        return _nothing(y, "the pictures hardly overlap")
    found = align(x, y, location, rows, columns)
    view = covered_view(found.transform, rows, columns, y.shape[:2])
    height, width = view.rows.stop - view.rows.start, view.columns.stop - view.columns.start
    if min(height, width) < _MIN_VIEW:
        return _nothing(y, "the pictures hardly overlap")
    to_x = np.array([[1 / scale, 0, 0], [0, 1 / scale, 0], [0, 0, 1.0]])
    to_x[:2, 2] = (1 / scale - 1) / 2 + np.array([view.columns.start, view.rows.start])
    registration = found.on_grid(to_x, (height * scale, width * scale), y.shape[:2])
    span = pixels_spanned(found.transform, (rows.start + rows.stop) / 2, (columns.start + columns.stop) / 2)
    return RegisteredView(view, registration, span * x.shape[1] / y.shape[1])


def _window(location: Location, x: Image, y: Image) -> tuple[slice, slice]:
    """Rows and columns of X around Y's outline, as far as X goes."""
    height, width = y.shape[:2]
    corners = np.array([[0, 0, 1], [width - 1, 0, 1], [width - 1, height - 1, 1], [0, height - 1, 1]], float)
    points = corners @ np.linalg.inv(location.homography).T
    outline = points[:, :2] / points[:, 2:]
    margin = _WINDOW_MARGIN * np.ptp(outline, axis=0)
    low = np.maximum(np.floor(outline.min(axis=0) - margin), 0).astype(int)
    high = np.minimum(np.ceil(outline.max(axis=0) + margin) + 1, x.shape[1::-1]).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def covered_view(transform: Matrix, rows: slice, columns: slice, size: tuple[int, int]) -> View:
    """The largest even-aligned part of X, about, that Y of ``size`` (height, width) shows entirely.

    The border that Y shows least of is cut until Y shows all four; by blocks of pixels where X is large.
    """
    top, left = rows.start + rows.start % 2, columns.start + columns.start % 2
    block = 2 * max(1, max(rows.stop - top, columns.stop - left) // (2 * _BLOCKS))
    shown = _shown(transform, (top, left), ((rows.stop - top) // block, (columns.stop - left) // block), block, size)
    t, b, le, r = 0, shown.shape[0], 0, shown.shape[1]
    while b > t and r > le:
        part = shown[t:b, le:r]
        shares = [part[0].mean(), part[-1].mean(), part[:, 0].mean(), part[:, -1].mean()]
        worst = int(np.argmin(shares))
        if shares[worst] >= _COVERED:
            break
        t, b, le, r = t + (worst == 0), b - (worst == 1), le + (worst == 2), r - (worst == 3)
    return View(slice(top + t * block, top + b * block), slice(left + le * block, left + r * block))


def _shown(
    transform: Matrix, start: tuple[int, int], count: tuple[int, int], block: int, size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Blocks of X's pixels, from ``start`` on, that Y shows: their four corners, as a homography keeps them convex."""
    y, x = np.mgrid[: count[0] + 1, : count[1] + 1] * block + np.array(start)[:, None, None] - 0.5
    corners = within(*projected(transform, y, x), *size)
    return np.asarray(corners[:-1, :-1] & corners[1:, :-1] & corners[:-1, 1:] & corners[1:, 1:])


def _nothing(y: Image, reason: str) -> RegisteredView:
    return RegisteredView(View(slice(0, 0), slice(0, 0)), rejected((0, 0), y.shape[:2], reason), 0.0)
