"""Parallax: a picture taken for two layers of depth, and what a camera sees of it that stands elsewhere.

The front layer covers other parts of the back one then. What it uncovers was never photographed: the background goes
on there as its own mirror image at the silhouette.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.photo.colour.srgb import linear_to_srgb, srgb_to_linear
from opticalzoom.registration.warp import Field, Image, compose, inside, invert, sample

_SHARE = (0.25, 0.4)
"""Range of the share of the picture that is in front."""
_FINENESS = 40
"""Values of the noise that the silhouette is a level of, along the shorter side of the picture."""
_SMOOTHNESS = 4.0  # sigma in these values
_FAR, _STEPS = 127, 256  # largest distance from the silhouette, and its steps in a pixel: together they fill 16 bits
_NOTHING = -1e6  # pixels from the silhouette of what is not there


@dataclass(frozen=True, eq=False)
class Motion:
    """A picture seen from elsewhere: moved(p) = picture(p + field(p)), save what was hidden. Displacements are
    (dy, dx) in pixels of the picture, "moved" and "original" name the grid of the result.

    Attributes:
        background: moved grid, H×W×2 float32, smooth: what the back layer is sampled at.
        shift: 2 float32, added to it where the front layer is sampled.
        front: original grid, H×W float32, distance from the silhouette in pixels, positive in the front layer.
    """

    background: Field
    shift: NDArray[np.float32]
    front: NDArray[np.float32]

    @property
    def foreground(self) -> Field:
        """Moved grid, H×W×2: what the front layer is sampled at."""
        return self.background + self.shift

    @cached_property
    def cover(self) -> NDArray[np.float32]:
        """Moved grid, H×W in [0, 1]: share of each pixel's area that the front layer covers."""
        return np.clip(_linear(self.front, self.foreground) + np.float32(0.5), 0, 1)

    @property
    def field(self) -> Field:
        """Moved grid, H×W×2: the true displacement of what is seen, of the background where it was uncovered."""
        return np.where(self.cover[..., None] > 0.5, self.foreground, self.background)

    @property
    def uncovered(self) -> NDArray[np.bool_]:
        """Moved grid, H×W: background that the original does not show, the front layer having hidden it."""
        return (self.cover <= 0.5) & (_linear(self.front, self.background) > 0)

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Moved grid, H×W: pixels that lie within the original's frame."""
        return inside(self.field, *self.front.shape)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Moved grid, H×W: pixels that the original shows, at p + field(p)."""
        return self.valid & ~self.uncovered

    @cached_property
    def inverse(self) -> Field:
        """Original grid, H×W×2: original(q) = moved(q + inverse(q)), save what is ``hidden``."""
        behind = invert(self.background)
        before = compose(behind, np.broadcast_to(-self.shift, behind.shape))
        return np.where(self.front[..., None] > 0, before, behind)

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """Original grid, H×W: background that the moved picture does not show, the front layer hiding it."""
        return (self.front <= 0) & (_linear(self.cover, self.inverse) > 0.5)

    def apply(self, image: Image) -> Image:
        """The picture moved: H×W×C sRGB of any integer type in, the same out. A pixel on the silhouette is the sum of
        both layers' light."""
        back = sample(image, compose(self._mirror, self.background))
        front = sample(image, self.foreground)
        moved = np.where(self.cover[..., None] >= 1, front, back)
        edge = (self.cover > 0) & (self.cover < 1)
        largest = np.float32(np.iinfo(image.dtype).max)
        light = [srgb_to_linear(layer[edge].astype(np.float32) / largest) for layer in (back, front)]
        mixed = light[0] + (light[1] - light[0]) * self.cover[edge][:, None]
        moved[edge] = np.asarray(linear_to_srgb(mixed) * largest + np.float32(0.5), image.dtype)
        return moved

    def after(self, field: Field) -> Motion:
        """The motion of what :meth:`apply` gives once that has been sampled by ``field``, h×w×2, as registration does:
        its moved grid is the field's."""
        return Motion(compose(self.background, field), self.shift, self.front)

    @property
    def _mirror(self) -> Field:
        """Original grid: from a point of the front layer to as far on the other side of its silhouette."""
        dy, dx = np.gradient(self.front)
        once = np.asarray(-2 * np.maximum(self.front, 0)[..., None] * np.stack((dy, dx), axis=-1), np.float32)
        return compose(once, once)  # behind a narrow gap lies the front layer again


def flat(background: Field) -> Motion:
    """The motion of a picture that has no front layer."""
    return Motion(background, np.zeros(2, np.float32), np.full(background.shape[:2], _NOTHING, np.float32))


def random_parallax(rng: np.random.Generator, background: Field, length: float) -> Motion:
    """A front layer of random shape that moves by ``length`` pixels in a random direction against the background."""
    height, width = background.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    shift = np.array([np.sin(angle), np.cos(angle)], np.float32) * np.float32(length)
    return Motion(background, shift, random_silhouette(rng, height, width))


def random_silhouette(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """Distance in pixels from the outline of random blobs, height×width, positive in them, at most 127.

    In integers, where OpenCV's filters give the same bits everywhere: its float ones differ even from call to call.
    """
    spacing = max(min(height, width) / _FINENESS, 1.0)
    knots = rng.integers(0, 2**16, (int(height / spacing) + 3, int(width / spacing) + 3), dtype=np.uint16)
    smooth = cv2.GaussianBlur(knots, (0, 0), _SMOOTHNESS)
    noise = np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR_EXACT))
    blobs = noise > np.quantile(noise, 1 - rng.uniform(*_SHARE))
    within, without = (
        cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for part in (blobs, ~blobs)
    )
    distance = np.clip(np.where(blobs, within - 0.5, 0.5 - without), -_FAR, _FAR)
    steps = np.round((distance + _FAR) * _STEPS).astype(np.uint16)
    rounded = cv2.GaussianBlur(steps, (0, 0), 2.0)  # the outline of pixels becomes a smooth line
    return np.asarray(rounded.astype(np.float32) / _STEPS - _FAR, np.float32)


def _linear(values: NDArray[np.float32], field: Field) -> NDArray[np.float32]:
    return sample(values, field, interpolation=cv2.INTER_LINEAR, border=cv2.BORDER_REPLICATE)
