from __future__ import annotations

import io

import pytest
import tifffile

from opticalzoom.photo.carried.layout import BIG, CLASSIC


@pytest.mark.parametrize(("order", "big", "layout"), [("<", False, CLASSIC), (">", False, CLASSIC), ("<", True, BIG)])
def test_headers_are_those_of_another_writer(order, big, layout):
    file = io.BytesIO()
    tifffile.imwrite(file, shape=(2, 2), dtype="uint8", byteorder=order, bigtiff=big)
    head = layout.header(order, 2 * layout.width)
    assert file.getvalue()[: len(head)] == head
