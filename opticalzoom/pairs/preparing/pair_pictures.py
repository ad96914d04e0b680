"""Small pictures of a pair for the report: both shots, laid on each other before and after, flow and mask."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from opticalzoom.pages.flow_pictures import flow_limit, flow_wheel, overlay
from opticalzoom.pages.pictures import Picture
from opticalzoom.pairs.pair import Pixels
from opticalzoom.photo.photograph import Photo, write_photo
from opticalzoom.registration.zoom_view import RegisteredView

FOLDER = "report"
KINDS = ("x", "y", "before", "after", "flow", "mask")
"""Pictures of a pair; one that could not be registered has the first two."""
_SIDE = 420
"""Pixels of the longer side."""
_FRAME = (255, 64, 32)


def picture_path(name: str, kind: str) -> str:
    """Of a pair's picture, relative to the prepared folder."""
    return f"{FOLDER}/{name}-{kind}.jpg"


def write_pictures(
    output: Path,
    name: str,
    x: Pixels,
    y: Pixels,
    found: RegisteredView | None = None,
    part: Pixels | None = None,
    registered: Pixels | None = None,
) -> None:
    """Write the pictures of a pair: as shot, and if it was registered, X's part and the registered Y.

    Raises:
        PhotoError: the disk refuses.
    """
    pictures: dict[str, Picture] = {"x": _thumbnail(x), "y": _thumbnail(y)}
    if found is not None and part is not None and registered is not None:
        pictures["x"] = _framed(x, found)
        pictures |= _comparison(y, found, part, registered)
    for kind, picture in pictures.items():
        write_photo(output / picture_path(name, kind), Photo(picture), overwrite=True, quality=85)
    for kind in set(KINDS) - set(pictures):  # of an earlier run
        (output / picture_path(name, kind)).unlink(missing_ok=True)


def _comparison(y: Pixels, found: RegisteredView, part: Pixels, registered: Pixels) -> Mapping[str, Picture]:
    """X's part under Y as it would lie by the focal lengths alone, and as registered; flow in colours; mask."""
    target = _thumbnail(part)
    height, width = target.shape[:2]
    unregistered = _centred(y, found, width, height)
    flow = found.registration.flow
    mask = cv2.resize(found.registration.trusted.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_AREA)
    colours = cv2.resize(flow_wheel(flow, flow_limit(flow)), (width, height), interpolation=cv2.INTER_LINEAR)
    return {
        "before": overlay(target, unregistered),
        "after": overlay(target, _resized(registered, width, height)),
        "flow": np.asarray(colours, np.uint8),
        "mask": np.repeat(mask[..., None], 3, axis=2),
    }


def _centred(y: Pixels, found: RegisteredView, width: int, height: int) -> Picture:
    """The middle of Y with as many of its pixels as the view has, as if nothing had moved between the shots."""
    homography = found.registration.transform
    rows, columns = found.registration.size
    spans = [float(np.linalg.norm((homography @ step)[:2] / homography[2, 2])) for step in np.eye(3)[:2]]
    size = [min(round(s * n), m) for s, n, m in zip(spans, (columns, rows), y.shape[1::-1], strict=True)]
    left, top = ((limit - side) // 2 for side, limit in zip(size, y.shape[1::-1], strict=True))
    middle = y[top : top + max(size[1], 1), left : left + max(size[0], 1)]
    return _resized(middle, width, height)


def _framed(x: Pixels, found: RegisteredView) -> Picture:
    """The whole of X with the part framed that Y shows."""
    picture = _thumbnail(x).copy()
    factor = picture.shape[1] / x.shape[1]
    rows, columns = found.view.rows, found.view.columns
    start = round(columns.start * factor), round(rows.start * factor)
    cv2.rectangle(picture, start, (round(columns.stop * factor), round(rows.stop * factor)), _FRAME, 2)
    return picture


def _thumbnail(pixels: Pixels) -> Picture:
    factor = min(1.0, _SIDE / max(pixels.shape[:2]))
    return _resized(pixels, max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))


def _resized(pixels: Pixels, width: int, height: int) -> Picture:
    return np.asarray(cv2.resize(_eight_bit(pixels), (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _eight_bit(pixels: Pixels) -> Picture:
    return (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else np.asarray(pixels, np.uint8)
