"""The measured lens of a set of pairs: numbers beside the weights, and drawings on the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opticalzoom.errors import PairError
from opticalzoom.files import write_text
from opticalzoom.lenses.measured import MeasuredLens, measure_lens
from opticalzoom.pages.lens_pictures import lens_figures
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.photo.photograph import to_float
from opticalzoom.training.learning.folds import evenly_spread
from opticalzoom.training.learning.material import LensPairs

LENS_FILE = "lens.json"
MOST_PAIRS = 8
"""Pairs that the lens is measured from, evenly spread; more change little."""
Arrays = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]


def describe_lens(lens: LensPairs, home: Path) -> str:
    """Measure the lens, write :data:`LENS_FILE`, and give the HTML about it; one sentence where it can't be measured.

    Args:
        lens: its pairs.
        home: folder of the results.
    """
    if lens.input == "raw":
        return "<p>The lens is measured from photos only; these pairs are RAW.</p>"
    try:
        measured: MeasuredLens = measure_lens(float_arrays(evenly_spread(lens.pairs, MOST_PAIRS)), lens.scale)
    except PairError:
        return "<p>The pairs show too little detail to measure the lens.</p>"
    write_text(home / LENS_FILE, measured.to_json(), overwrite=True)
    return lens_figures(measured)


def float_arrays(pairs: Iterable[TrainingPair]) -> Iterator[Arrays]:
    """X, Y and mask of each pair as what measures a lens takes them: float32 in [0, 1], and bool."""
    for pair in pairs:
        yield to_float(pair.x), to_float(pair.y), np.asarray(pair.mask)
