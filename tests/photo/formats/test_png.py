"""PNG files, row filters against the format's definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from opticalzoom.photo.bands import Header
from opticalzoom.photo.formats.png import filtered, write_png


def unfiltered(kind, row, above, step):
    """https://www.w3.org/TR/png-3/#9Filters, byte by byte."""
    found = []
    for at, value in enumerate(row):
        left = found[at - step] if at >= step else 0
        corner = int(above[at - step]) if at >= step else 0
        up = int(above[at])
        estimate = left + up - corner
        nearest = min((abs(estimate - left), 0, left), (abs(estimate - up), 1, up), (abs(estimate - corner), 2, corner))
        found.append((int(value) + (0, left, up, (left + up) // 2, nearest[2])[kind]) % 256)
    return found


@settings(max_examples=50)
@given(arrays(np.uint8, st.tuples(st.integers(1, 4), st.just(12))), st.sampled_from([1, 3, 6]))
def test_filters_are_undone_by_their_definition(rows, step):
    above = np.arange(12, dtype=np.uint8)[None]
    before = above[0]
    for row, (kind, *residue) in zip(rows, filtered(rows, above, step), strict=True):
        assert unfiltered(kind, residue, before, step) == row.tolist()
        before = row


def test_each_row_has_the_filter_with_the_smallest_sum():
    ramp = np.arange(0, 240, 2, dtype=np.uint8)[None].repeat(3, 0)
    kinds = filtered(ramp, np.zeros_like(ramp[:1]), 1)[:, 0]
    assert kinds.tolist() == [1, 2, 2]  # differences to the left are 2, to the same row above 0


def test_bands_of_any_height_make_one_picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 65536, (700, 301, 3)).astype(np.uint16)
    header = Header(pixels.shape, pixels.dtype)
    write_png(tmp_path / "a.png", header, iter([pixels[:1], pixels[1:650], pixels[650:]]))
    write_png(tmp_path / "b.png", header, iter([pixels]))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (301, 700)
