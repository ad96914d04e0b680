from __future__ import annotations

import pytest
from exif_blocks import block, by_pillow

from opticalzoom.photo import exif
from opticalzoom.photo.carried.packing import maker_note, pack_at, packed


def values(directory):
    return {tag: values(v) if isinstance(v, dict) else v[:3] for tag, v in directory.items()}


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_is_packed_is_parsed_again(order):
    parsed = exif.parse(block(order, maker_note=b"note" * 9))
    again = exif.parse(packed(parsed))
    assert values(again.main) == values(parsed.main)
    assert maker_note(again) == maker_note(parsed)
    assert by_pillow(packed(parsed))[0x010F] == "Nikon"


def test_directories_anywhere_in_a_file():
    parsed = exif.parse(block(maker_note=b"note" * 9))
    first, directories = pack_at(parsed, 5000)
    whole = exif.CLASSIC.header("<", first).ljust(5000, b"x") + directories
    assert values(exif.parse(whole).main) == values(parsed.main)
