"""Photos and mosaics zoomed in memory, whole or in tiles: what the way from file to file is compared with."""

from __future__ import annotations

import numpy as np

from opticalzoom.engines.engine import as_engine
from opticalzoom.photo.photograph import Photo
from opticalzoom.photo.raw.camera_space import encode_mosaic
from opticalzoom.photo.reader import reading
from opticalzoom.photo.window import checked
from opticalzoom.zooming.enlarger import mosaic_enlarger
from opticalzoom.zooming.in_memory import zoom
from opticalzoom.zooming.tiles import zoomed_bands


def zoom_photo(photo, model):
    """A photo with its EXIF and profile."""
    return photo.replace(zoom(model, photo.pixels, icc=photo.icc))


def zoom_raw(raw, model, white_balance="input", *, tile=None):
    """A mosaic, upright, with 16 bits; in one piece, or in tiles of that side in pixels of the mosaic."""
    cells = reading(encode_mosaic(raw, white_balance), raw.orientation)
    height, width, _ = cells.shape
    enlarger = mosaic_enlarger(as_engine(model), raw, white_balance)
    sides = (height, width) if tile is None else (tile // 2, tile // 2)
    bands = zoomed_bands(cells, enlarger, checked(None, height, width), sides, np.dtype(np.uint16))
    return Photo(np.concatenate(list(bands)))
