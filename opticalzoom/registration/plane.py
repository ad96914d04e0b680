"""Reduced grey pictures that remember which pixels of the photograph they show.

A homography between two planes becomes one between the photographs, whatever was cropped and resized on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.photo.window import Window
from opticalzoom.registration.resize import resize_matrix
from opticalzoom.registration.warp import Image

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Plane:
    """A part of a photograph on a grid of its own.

    Attributes:
        grey: h×w float32, 0 to 255.
        to_photo: 3×3, pixels (x, y, 1) of the plane to those of the photograph.
    """

    grey: NDArray[np.float32]
    to_photo: Matrix

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.grey.shape[0], self.grey.shape[1]

    def between(self, other: Plane, photos: Matrix) -> Matrix:
        """The homography from this plane to ``other`` of the one between their photographs."""
        return normalised(np.linalg.inv(other.to_photo) @ photos @ self.to_photo)

    def photos(self, other: Plane, planes: Matrix) -> Matrix:
        """The homography between the photographs of the one from this plane to ``other``."""
        return normalised(other.to_photo @ planes @ np.linalg.inv(self.to_photo))


def plane(image: Image, part: Window, sampling: float) -> Plane:
    """A crop of a photograph, resized and made grey.

    Args:
        image: H×W×3, uint8, uint16 or float32 in [0, 1].
        part: the crop, within the picture.
        sampling: pixels of the plane per pixel of the photograph, about: sides are rounded.
    """
    crop = image[part.rows, part.columns]
    height, width = (max(1, round(side * sampling)) for side in crop.shape[:2])
    method = cv2.INTER_AREA if sampling < 1 else cv2.INTER_CUBIC
    grey = crop if sampling < 1 else _grey(crop)  # reduce first: it is the cheaper order
    small: Image = cv2.resize(grey, (width, height), interpolation=method)
    step_y, step_x = crop.shape[0] / height, crop.shape[1] / width
    to_photo = resize_matrix(step_y, step_x)
    to_photo[:2, 2] += (part.columns.start, part.rows.start)
    return Plane(_scaled(small if sampling >= 1 else _grey(small), image.dtype), to_photo)


def whole(image: Image) -> Window:
    """All rows and columns of a picture."""
    return Window(slice(0, image.shape[0]), slice(0, image.shape[1]))


def normalised(homography: Matrix) -> Matrix:
    """With 1 at the lower right, if that can be."""
    return np.asarray(homography / homography[2, 2]) if homography[2, 2] else homography


def _grey(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def _scaled(grey: Image, dtype: np.dtype) -> NDArray[np.float32]:
    largest = np.iinfo(dtype).max if dtype.kind == "u" else 1
    return grey.astype(np.float32) * np.float32(255 / largest)
