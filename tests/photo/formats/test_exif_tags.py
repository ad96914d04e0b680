"""Tags of files, against what Pillow wrote."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from opticalzoom.photo.formats.exif_tags import read_tags


def file(kind):
    exif = Image.Exif()
    exif[0x010F], exif[0x8769] = "Maker", {0x920A: 35.0, 0x9003: "2026:01:02 03:04:05"}
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, kind, exif=exif.tobytes())  # Pillow cannot write an Exif object to a TIFF
    stream.seek(0)
    return stream


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_tags_of_both_directories(kind):
    tags = read_tags(file(kind))
    assert (tags[0x010F], float(tags[0x920A]), tags[0x9003]) == ("Maker", 35.0, "2026:01:02 03:04:05")


def test_other_files_have_none():
    assert read_tags(io.BytesIO(b"a text, and a long one")) is None
    assert read_tags(io.BytesIO(b"RIFF....AVI and more")) is None


@pytest.mark.parametrize("cut", [10, 20, 40, 80])
def test_damaged_exif_is_empty_or_less(cut):
    whole = file("TIFF").getvalue()
    assert set(read_tags(io.BytesIO(whole[:cut]))) <= set(read_tags(io.BytesIO(whole)))
