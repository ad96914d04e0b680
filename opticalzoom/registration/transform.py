"""What a registration is: a homography, a coarse flow on top of it, and how far each pixel can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.photo.window import Window
from opticalzoom.registration.plane import Matrix
from opticalzoom.registration.resize import resize_matrix
from opticalzoom.registration.warp import Field, Image, projected, shrink, within

TRUST = 1.0
"""Pixels of the moving image: a pixel whose expected error is larger is not trusted."""
_TILE = 1024
"""Pixels: pictures are warped in tiles of this side, so that 24 megapixels need neither memory nor OpenCV's 32,767."""
_LARGEST_STEP = 4  # 2 to the power of it: a homography is straight enough over so many pixels
_SAMPLES = 256  # points along a side that shares are counted at
_PLANE_SAMPLES, _LEAST_OF_PLANE = 64, 32  # points along a side that a plane is laid through, and in all at least
_REDUCE = 1.25
"""From so many pixels of the moving image to one of the target on, it is averaged first."""


@dataclass(frozen=True, eq=False)
class Registration:
    """Where each pixel of the registered target lies in the moving image, and how far that can be trusted.

    A target pixel p lies at ``transform``(p + flow(p)). ``flow`` and ``doubt`` are coarse, and enlarged when used.

    Attributes:
        size: (H, W) of the target.
        moving_size: (height, width) of the moving image.
        transform: 3×3 float64, pixels (x, y, 1) of the target to those of the moving image.
        flow: h×w×2 float32, (dy, dx) in pixels of the target, over the whole of it.
        doubt: h×w float32, expected error in pixels of the moving image; infinite where nothing is known.
        correlation: mean correlation of the two images' locally normalised luminance, −1 to 1.
        residual: median expected error in pixels of the moving image, of what both show.
        inliers: features that agree with the transform; 0 if it was found without.
        reason: why the pair was rejected; empty for an accepted one.
    """

    size: tuple[int, int]
    moving_size: tuple[int, int]
    transform: Matrix
    flow: Field
    doubt: NDArray[np.float32]
    correlation: float = 1.0
    residual: float = 0.0
    inliers: int = 0
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether the pair can be used."""
        return not self.reason

    @cached_property
    def field(self) -> Field:
        """H×W×2 float32, (dy, dx) in pixels of the moving image: sample it at p + field(p)."""
        field = np.empty((*self.size, 2), np.float32)
        for tile in _tiles(self.size):
            y, x = self._positions(tile)
            field[tile][..., 0] = y - np.arange(tile.rows.start, tile.rows.stop)[:, None]
            field[tile][..., 1] = x - np.arange(tile.columns.start, tile.columns.stop)
        return field

    @cached_property
    def visible(self) -> NDArray[np.bool_]:
        """H×W bool: pixels that lie inside the moving image."""
        visible = np.empty(self.size, dtype=bool)
        for tile in _tiles(self.size):
            visible[tile] = within(*self._positions(tile), *self.moving_size)
        return visible

    @cached_property
    def trusted(self) -> NDArray[np.bool_]:
        """H×W bool: visible and found where the moving image shows the same, to about ``TRUST`` pixels."""
        return self.visible & self._clear(self.size)

    @property
    def overlap(self) -> float:
        """Share of the target that the moving image shows."""
        return float(self._samples[0].mean())

    @property
    def trust(self) -> float:
        """Share of the target that is trusted."""
        visible, clear = self._samples
        return float((visible & clear).mean())

    @property
    def parallax(self) -> float:
        """Pixels of the target by which most of what is trusted (95 %) is at most off one plane: depth, and the lens.

        The plane is the homography that is nearest to all of it; 0 where too little is trusted to tell.
        """
        if 0 in self.size:
            return 0.0
        y, x = self._crossings(_PLANE_SAMPLES)
        at_y, at_x = self._exactly(y, x)
        trusted = within(at_y, at_x, *self.moving_size) & self._clear((len(y), len(x)))
        if trusted.sum() < _LEAST_OF_PLANE:
            return 0.0
        target = np.stack(np.broadcast_arrays(x, y[:, None]), axis=-1)[trusted]
        seen = np.stack([at_x, at_y], axis=-1)[trusted].astype(np.float64)
        plane, _ = cv2.findHomography(seen, target)
        if plane is None:
            return 0.0
        off = cv2.perspectiveTransform(seen[:, None], plane)[:, 0] - target
        return float(np.percentile(np.hypot(*off.T), 95))

    @cached_property
    def _samples(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Visible or not, and of little doubt or not, at evenly spaced points: all pixels of a small target."""
        if 0 in self.size:
            return np.zeros((1, 1), bool), np.zeros((1, 1), bool)
        y, x = self._crossings(_SAMPLES)
        return within(*self._exactly(y, x), *self.moving_size), self._clear((len(y), len(x)))

    def _crossings(self, most: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """At most so many rows and columns of the target, evenly spaced."""
        height, width = (min(side, most) for side in self.size)
        y = (np.arange(height) + 0.5) * self.size[0] / height - 0.5
        return y, (np.arange(width) + 0.5) * self.size[1] / width - 0.5

    def _clear(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        if 0 in size:
            return np.zeros(size, dtype=bool)
        doubt = np.minimum(self.doubt, 1e6)  # infinity times a weight of zero is no number
        return np.asarray(cv2.resize(doubt, size[::-1]) < TRUST)

    def warp(self, image: Image, interpolation: int = cv2.INTER_LANCZOS4) -> Image:
        """``image``, which has the moving image's grid, on the target's: H×W×C, same dtype.

        Where the moving image is finer than the target it is averaged first.
        """
        to_image, image = _reduced(image, np.sqrt(abs(np.linalg.det(self.transform[:2, :2]))))
        warped = np.empty((*self.size, *image.shape[2:]), image.dtype)
        for tile in _tiles(self.size):
            y, x = self._positions(tile)
            y = y * np.float32(to_image[1, 1]) + np.float32(to_image[1, 2])
            x = x * np.float32(to_image[0, 0]) + np.float32(to_image[0, 2])
            warped[tile] = _remap(image, y, x, interpolation).reshape(warped[tile].shape)
        return warped

    def _positions(self, tile: Window) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(y, x) in the moving image of the target's pixels in a tile: exact at a grid of them, bilinear between."""
        step, (rows, columns) = self._step, tile
        y = rows.start + step * np.arange((rows.stop - rows.start) // step + 2.0)
        x = columns.start + step * np.arange((columns.stop - columns.start) // step + 2.0)
        grid = np.stack(self._exactly(y, x), axis=-1).astype(np.float32)
        enlarge = np.array([[1 / step, 0, 0], [0, 1 / step, 0]])  # a power of two: exact in OpenCV's 1/32 pixels
        size = columns.stop - columns.start, rows.stop - rows.start
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        y, x = cv2.split(cv2.warpAffine(grid, enlarge, size, flags=flags))
        return np.asarray(y, np.float32), np.asarray(x, np.float32)

    def _exactly(
        self, y: NDArray[np.float64], x: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(y, x) in the moving image where the target's rows ``y`` and columns ``x`` cross."""
        flow = self._flow(y, x)
        return projected(self.transform, flow[..., 0] + y[:, None], flow[..., 1] + x)

    @property
    def _step(self) -> int:
        """A power of two of the target's pixels, no larger than a pixel of the flow."""
        cell = min(side / coarse for side, coarse in zip(self.size, self.flow.shape, strict=False))
        return int(2 ** np.clip(np.floor(np.log2(max(cell, 1))), 0, _LARGEST_STEP))

    def _flow(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> Field:
        """The flow at the target's rows and columns, bilinear."""
        step = np.array(self.flow.shape[:2]) / self.size
        x, y = np.broadcast_arrays(((x + 0.5) * step[1] - 0.5), ((y + 0.5) * step[0] - 0.5)[:, None])
        at = x.astype(np.float32), y.astype(np.float32)
        return np.asarray(cv2.remap(self.flow, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _tiles(size: tuple[int, int]) -> Iterator[Window]:
    for top in range(0, size[0], _TILE):
        for left in range(0, size[1], _TILE):
            yield Window(slice(top, min(top + _TILE, size[0])), slice(left, min(left + _TILE, size[1])))


def _reduced(image: Image, pixels: float) -> tuple[Matrix, Image]:
    """The picture, averaged so that a pixel of the target takes about one of it; and where its pixels went."""
    if pixels <= _REDUCE:
        return np.eye(3), image
    small = shrink(image, pixels)
    step_y, step_x = (side / whole for side, whole in zip(small.shape[:2], image.shape[:2], strict=True))
    return resize_matrix(step_y, step_x), small


def _remap(image: Image, y: NDArray[np.float32], x: NDArray[np.float32], interpolation: int) -> Image:
    """The picture at (y, x); only the part that is needed is handed to OpenCV."""
    margin = 8  # more than any kernel's reach
    spans = []
    for positions, side in ((y, image.shape[0]), (x, image.shape[1])):
        start = int(np.clip(np.floor(positions.min()) - margin, 0, max(side - 2 * margin, 0)))
        spans.append(slice(start, int(np.clip(np.ceil(positions.max()) + margin, start + 2 * margin, side + 1))))
    part = image[spans[0], spans[1]]
    return np.asarray(
        cv2.remap(part, x - spans[1].start, y - spans[0].start, interpolation, borderMode=cv2.BORDER_REFLECT_101)
    )
