"""Pictures at any other size: antialiased, with exact positions, band by band."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from PIL import Image

from opticalzoom.errors import ConfigError
from opticalzoom.photo.bands import Rows, regrouped
from opticalzoom.photo.photograph import from_float, to_float

FILTER, _SUPPORT = Image.Resampling.LANCZOS, 3
"""The filter with which pictures are reduced and enlarged, and how far it reaches, in pixels of the larger one: Pillow
widens it when reducing, so that nothing aliases."""
_ROWS = 32
"""Rows of the result that are made at a time. They are few, as Pillow takes positions as float32, which then stay exact
to 1e-5 pixels."""


def resampled(
    bands: Iterable[np.ndarray], shape: tuple[int, int], size: tuple[int, int], dtype: np.dtype
) -> Iterator[np.ndarray]:
    """A picture at another size; each channel for itself, computed in float32.

    Args:
        bands: h×W×C uint8 or uint16.
        shape: H×W of the picture.
        size: H'×W' of the result.
        dtype: of the result, uint8 or uint16.

    Yields:
        h'×W'×C.
    """
    step = shape[0] / size[0]
    reach = math.ceil(_SUPPORT * max(step, 1)) + 1
    rows = Rows(regrouped(bands, 2 * _ROWS))
    for start in range(0, size[0], _ROWS):
        stop = min(start + _ROWS, size[0])
        there = slice(max(0, math.floor(start * step) - reach), min(shape[0], math.ceil(stop * step) + reach))
        box = 0, start * step - there.start, shape[1], min(stop * step - there.start, there.stop - there.start)
        planes = (Image.fromarray(plane) for plane in np.moveaxis(to_float(rows.read(there)), -1, 0))
        resized = [np.asarray(plane.resize((size[1], stop - start), FILTER, box)) for plane in planes]
        yield from_float(np.stack(resized, axis=-1), dtype)


def scaled_size(shape: tuple[int, int], scale: float) -> tuple[int, int]:
    """Height and width times ``scale``, rounded to nearest, at least 1.

    Raises:
        ConfigError: the scale is not a number above 0.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise ConfigError(f"the scale is {scale:g}, expected a number above 0.")
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
