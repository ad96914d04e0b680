"""From a source's pair to one that can be trained on: misaligned if asked, registered, on one grid.

``training_pair`` is a pure function; :class:`~opticalzoom.pairs.pair_cache.PairCache` remembers its results on disk.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.pair import Pair, Pixels
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.raw.camera_space import WhiteBalance, encode_mosaic, encode_picture
from opticalzoom.registration import same_view as registration
from opticalzoom.registration.transform import Registration
from opticalzoom.registration.warp import Image, sample
from opticalzoom.weights.contract import InputKind


@dataclass(frozen=True)
class Preparation:
    """What is done to every pair.

    Attributes:
        input: whether the network takes X as photographed (``rgb``), at the target's size (``resized``) or as a packed
            mosaic (``raw``).
        misalignment: injected into Y first.
        method: registration that follows: ``flow``, ``homography`` or ``none``.
        white_balance: of mosaics, see :data:`~opticalzoom.photo.raw.camera_space.WhiteBalance`.
        sensor: makes the mosaic of an X that has none.
    """

    input: InputKind = "rgb"
    misalignment: Misalignment = field(default_factory=Misalignment)
    method: registration.Method = "flow"
    white_balance: WhiteBalance = "input"
    sensor: MosaicSimulation = field(default_factory=MosaicSimulation)


@dataclass(frozen=True)
class TrainingPair:
    """A pair on one grid: a pixel of X and the s×s pixels of Y at the same place show the same thing.

    RAW pairs have their colours in encoded camera space, see :mod:`opticalzoom.photo.raw.camera_space`.

    Attributes:
        name: of the source's pair.
        x: H×W×3, sH×sW×3 if resized, or H/2×W/2×4 if raw (H and W even); uint8 or uint16.
        y: sH×sW×3, uint8 or uint16.
        mask: sH×sW bool, pixels of ``y`` that can be trusted.
        reason: why the pair must not be used; the arrays are empty then.
    """

    name: str
    x: Pixels
    y: Pixels
    mask: NDArray[np.bool_]
    reason: str = ""


def training_pair(pair: Pair, scale: int, preparation: Preparation) -> TrainingPair:
    """Misalign, register and crop one pair; a pair that does not fit gets a reason, not an exception."""
    small, large = both_grids(pair, scale)
    if min(small.shape[:2]) == 0:
        return unusable(pair.name, f"X has {pair.x.shape[:2]} pixels, too small for ×{scale}")
    y, mask, found = aligned_target(pair, large, scale, preparation)
    if not found.ok:
        return unusable(pair.name, found.reason)
    if preparation.input == "raw":
        return _in_camera_space(pair, small, y, mask, preparation)
    return TrainingPair(pair.name, large if preparation.input == "resized" else small, y, mask)


def aligned_target(
    pair: Pair, large: Pixels, scale: int, preparation: Preparation
) -> tuple[Pixels, NDArray[np.bool_], Registration]:
    """Y misaligned and registered, and which of its pixels can be trusted, both on X's grid if the registration that
    led there is ok.

    Args:
        pair: from a source.
        large: X on the target's grid, sH×sW×3, see :func:`both_grids`.
        scale: Y over X.
        preparation: misalignment and method.
    """
    moved, valid = _misaligned(pair, preparation.misalignment)
    size = large.shape[:2]
    if preparation.method == "none":
        if pair.resized:  # X was cropped to a multiple of the scale: so must Y be
            moved, valid = moved[: size[0], : size[1]], valid[: size[0], : size[1]]
        found = registration.unmoved(size, moved.shape[:2])
        if moved.shape[:2] != size:
            reason = f"Y has {moved.shape[:2]} pixels, {size} expected without registration"
            found = registration.no_registration(size, moved.shape[:2], reason)
        return moved, valid, found
    found = registration.register(moved, large, scale=scale, method=preparation.method)
    if not found.ok:
        return moved, valid, found
    kept = sample(valid.astype(np.uint8), found.field, interpolation=cv2.INTER_NEAREST, border=cv2.BORDER_CONSTANT)
    return found.warp(moved), found.trusted & kept.astype(bool), found


def _in_camera_space(
    pair: Pair, small: Pixels, y: Pixels, mask: NDArray[np.bool_], preparation: Preparation
) -> TrainingPair:
    """The pair with X as a packed mosaic; what lies under an odd last row or column of X is cut from Y and mask."""
    height, width = (side // 2 * 2 for side in small.shape[:2])
    if min(height, width) == 0:
        return unusable(pair.name, f"X has {small.shape[:2]} pixels, too small for a mosaic")
    raw = pair.mosaic or preparation.sensor.shoot(small, pair.name)
    if raw.mosaic.shape != (height, width):
        return unusable(pair.name, f"its mosaic has {raw.mosaic.shape} pixels, {height, width} expected as X has")
    scale = y.shape[0] // small.shape[0]
    part = slice(height * scale), slice(width * scale)
    target = encode_picture(y[part], raw, preparation.white_balance)
    return TrainingPair(pair.name, encode_mosaic(raw, preparation.white_balance), target, mask[part])


def both_grids(pair: Pair, scale: int) -> tuple[Pixels, Pixels]:
    """X as the sensor saw it (H×W) and on the target's grid (sH×sW).

    A resized X is cropped to a multiple of the scale and averaged over s×s blocks, which undoes the
    enlargement to what the sensor resolved.
    """
    if not pair.resized:
        height, width = pair.x.shape[:2]
        return pair.x, _resize(pair.x, height * scale, width * scale, cv2.INTER_CUBIC)
    height, width = (side // scale for side in pair.x.shape[:2])
    large = pair.x[: height * scale, : width * scale]
    if min(height, width) == 0:
        return large, large
    return _resize(large, height, width, cv2.INTER_AREA), large


def _resize(image: Pixels, height: int, width: int, interpolation: int) -> Image:
    return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation))


def _misaligned(pair: Pair, misalignment: Misalignment) -> tuple[Pixels, NDArray[np.bool_]]:
    """Y moved, and which of its pixels are valid; what parallax hides and uncovers is, as no photographer knows it."""
    height, width = pair.y.shape[:2]
    valid = np.ones((height, width), dtype=bool) if pair.mask is None else pair.mask
    if misalignment.is_none:
        return pair.y, valid
    motion = misalignment.motion(pair.name, height, width)
    kept = sample(valid.astype(np.uint8), motion.field, interpolation=cv2.INTER_NEAREST)
    return motion.apply(pair.y), motion.valid & kept.astype(bool)


def unusable(name: str, reason: str) -> TrainingPair:
    """A pair that is left out."""
    empty = np.zeros((0, 0, 3), np.uint8)
    return TrainingPair(name, empty, empty, np.zeros((0, 0), bool), reason)
