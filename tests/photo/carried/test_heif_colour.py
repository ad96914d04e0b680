from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from opticalzoom.photo.carried.heif_colour import ItemColours, item_colours


def avif(**options):
    file = io.BytesIO()
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(file, "AVIF", **options)
    return file


def test_codes_and_profiles_of_another_writer():
    assert item_colours(avif()) == ItemColours((1, 13), False)
    assert item_colours(avif(icc_profile=b"a profile")).has_profile


def box(name, content):
    return struct.pack(">I4s", 8 + len(content), name) + content


@pytest.mark.parametrize(("wide", "version"), [(False, 0), (True, 1)])
def test_the_primary_picture_counts(wide, version):
    """Not the gain map beside it, which has other codes."""
    colours = [box(b"colr", b"nclx" + struct.pack(">HHHB", *codes, 6, 0)) for codes in ((1, 8), (12, 13))]
    item, link = (">I" if version else ">H"), (">BH" if wide else ">BB")
    shared = b"".join(struct.pack(item, number) + struct.pack(link, 1, prop) for number, prop in ((1, 1), (2, 2)))
    ipma = box(b"ipma", bytes([version, 0, 0, wide]) + struct.pack(">I", 2) + shared)
    pitm = box(b"pitm", bytes([version, 0, 0, 0]) + struct.pack(item, 2))
    whole = box(b"meta", bytes(4) + pitm + box(b"iprp", box(b"ipco", b"".join(colours)) + ipma))
    assert item_colours(io.BytesIO(box(b"ftyp", b"heic") + whole)).codes == (12, 13)


def test_damaged_files_end():
    whole = avif().getvalue()
    for end in range(0, 400, 11):
        try:
            item_colours(io.BytesIO(whole[:end]))
        except (struct.error, IndexError):
            continue
