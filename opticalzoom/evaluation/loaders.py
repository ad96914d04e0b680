"""From a source of pairs to what the protocols score: both grids, and RAW files where networks take them."""

from __future__ import annotations

import cv2
import numpy as np

from opticalzoom.errors import PairError
from opticalzoom.evaluation.methods import EvalPair
from opticalzoom.pairs.pair import Pair, Pixels, Source
from opticalzoom.pairs.registered import both_grids
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.photograph import from_float
from opticalzoom.photo.raw.raw_file import render


def load_pair(source: Source, name: str) -> EvalPair:
    """A source's pair, on both grids; a Y as large as a resized X is cropped with it to a multiple of the scale.

    Raises:
        PairError: the pair cannot be read, or X is too small for the scale.
    """
    return _on_both_grids(source.load(name), name, source.scale)


def _on_both_grids(pair: Pair, name: str, scale: int) -> EvalPair:
    x, enlarged = both_grids(pair, scale)
    if min(x.shape[:2]) == 0:
        raise PairError(f"{name}: X has {pair.x.shape[:2]} pixels, too small for ×{scale}.")
    y, trusted = pair.y, pair.mask
    if y.shape == pair.x.shape:
        y = y[: enlarged.shape[0], : enlarged.shape[1]]
        trusted = None if trusted is None else trusted[: enlarged.shape[0], : enlarged.shape[1]]
    return EvalPair(name, x, enlarged, y, trusted=trusted, shipped=pair.resized)


def load_raw_pair(source: Source, name: str) -> EvalPair:
    """A source's pair with X as a mosaic, a simulated one where the source has none, and developed from it.

    Raises:
        PairError: the pair cannot be read, or X is too small for the scale or for a mosaic.
    """
    loaded = source.load(name)
    pair = _on_both_grids(loaded, name, source.scale)
    height, width = (side // 2 * 2 for side in pair.x.shape[:2])
    if min(height, width) == 0:
        raise PairError(f"{name}: X has {pair.x.shape[:2]} pixels, too small for a mosaic.")
    raw = loaded.mosaic or MosaicSimulation().shoot(pair.x[:height, :width], name)
    developed = from_float(render(raw), np.uint16)
    size = width * source.scale, height * source.scale
    enlarged: Pixels = cv2.resize(developed, size, interpolation=cv2.INTER_CUBIC).astype(np.uint16, copy=False)
    trusted = None if pair.trusted is None else pair.trusted[: size[1], : size[0]]
    return EvalPair(name, developed, enlarged, pair.y[: size[1], : size[0]], raw, trusted)
