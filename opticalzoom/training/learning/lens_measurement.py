"""The measured lens of a set of pairs: numbers beside the weights, and drawings on the page."""

from __future__ import annotations

from pathlib import Path

from opticalzoom.errors import PairError
from opticalzoom.files import write_text
from opticalzoom.lenses.measured import MeasuredLens, measure_lens
from opticalzoom.pages.lens_pictures import lens_figures
from opticalzoom.pairs.selection import evenly_spread, float_arrays
from opticalzoom.training.learning.material import LensPairs

LENS_FILE = "lens.json"
MOST_PAIRS = 8
"""Pairs that the lens is measured from, evenly spread; more change little."""


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
