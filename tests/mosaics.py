"""Bare mosaics as RAW photos."""

from __future__ import annotations

import numpy as np

from opticalzoom.photo.raw.mosaic import start_at_red
from opticalzoom.photo.raw.raw_file import RawPhoto


def raw_photo(values, pattern, black, white, white_balance):
    """A RAW photo of an H×W mosaic as its sensor gave it, with its Bayer pattern, levels and gains of R, G, B."""
    mosaic = (start_at_red(values, pattern).astype(np.float32) - np.float32(black)) / np.float32(white - black)
    gains = np.asarray(white_balance, dtype=np.float64)
    return RawPhoto(mosaic, gains / gains[1], np.eye(3))
