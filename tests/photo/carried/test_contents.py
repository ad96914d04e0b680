from __future__ import annotations

import pytest
from exif_blocks import block

from opticalzoom.photo import exif
from opticalzoom.photo.carried.contents import Carried, per_inch, resolution_of
from opticalzoom.photo.carried.kept import Kept

XMP = Kept(b'<rdf:Description tiff:Orientation="8"/>')


def test_orientation_by_exif_then_by_xmp():
    parsed = exif.parse(block())
    assert Carried(parsed, XMP).orientation == 6
    assert Carried(None, XMP).orientation == 8
    assert Carried(None, Kept(XMP.xmp.decode().encode("utf-16"))).orientation == 8
    assert Carried(parsed, XMP, turned=True).orientation == Carried().orientation == 1
    parsed.set_number(parsed.main, exif.ORIENTATION, 9)
    assert Carried(parsed, XMP).orientation == 8
    assert Carried(parsed).told_orientation is None


@pytest.mark.parametrize(
    ("across", "unit", "expected"),
    [(300, 2, (300, 300)), (100, 3, (254, 254)), (300, 1, None), (0, 2, None), (float("nan"), 2, None)],
)
def test_resolutions(across, unit, expected):
    assert per_inch(across, across, unit) == expected
    assert resolution_of(None) is resolution_of(exif.parse(block())) is None
