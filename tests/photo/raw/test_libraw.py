"""What LibRaw does not say: files that are cut short, and files of other kinds."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import tifffile
from photos import camera_exif, smooth
from PIL import Image
from places import SHARED

from opticalzoom.errors import PhotoError
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.raw.libraw import is_raw, unpacked
from opticalzoom.photo.raw.raw_file import read_raw
from opticalzoom.photo.siblings import find_shots
from opticalzoom.zooming.names import result_suffix

FILES = SHARED / "data" / "files"
needs_shared = pytest.mark.skipif(not FILES.is_dir(), reason="the files of other people are not on this machine")


def panasonic(size: int = 0x4000, width: int = 420, height: int = 360) -> bytes:
    """The head of a Panasonic RAW file, and ``size`` bytes of the zeros that are its pixels."""
    tags = {2: width + 12, 3: height + 12, 4: 6, 5: 8, 6: height + 6, 7: width + 8, 9: 4, 10: 12, 0x2D: 4}
    entries = [(tag, 3, value) for tag, value in tags.items()]
    make, model = b"Panasonic\0", b"DMC-FZ1000\0"
    start = 8 + 16 + 2 + 12 * (len(entries) + 5) + 4
    data = start + len(make) + len(model)
    entries += [(0x111, 4, 0xFFFFFFFF), (0x118, 4, data)]
    table = [struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries]
    table.append(struct.pack("<HHI4s", 1, 7, 4, b"0300"))
    table.append(struct.pack("<HHII", 0x10F, 2, len(make), start))
    table.append(struct.pack("<HHII", 0x110, 2, len(model), start + len(make)))
    head = (
        b"IIU\0"
        + struct.pack("<I", 24)
        + bytes(16)
        + struct.pack("<H", len(table))
        + b"".join(sorted(table, key=lambda entry: entry[1::-1]))
    )
    return head + bytes(4) + make + model + bytes(size)


@pytest.mark.parametrize("size", [0, 5000, 2 * 0x4000, 5 * 0x4000 + 77])
def test_a_decoder_that_goes_on_behind_the_end_is_found_out(tmp_path, size):
    (tmp_path / "a.rw2").write_bytes(panasonic(size))
    with pytest.raises(PhotoError, match="is cut short"), unpacked(tmp_path / "a.rw2"):
        pass


def test_a_whole_file_of_that_decoder_is_taken(tmp_path):
    (tmp_path / "a.rw2").write_bytes(panasonic(10 * 0x4000))
    with unpacked(tmp_path / "a.rw2") as raw:
        assert raw.raw_image.shape == (372, 436)


def test_more_pixels_than_a_file_can_hold_are_not_made_room_for(tmp_path):
    tags = [(33421, 3, 2, (2, 2), True), (33422, 1, 4, bytes((0, 1, 1, 2)), True)]
    tags += [(50706, 1, 4, bytes((1, 4, 0, 0)), True), (50708, 2, 5, b"Test\0", True)]
    whole = np.zeros((64, 64), np.uint16)
    tifffile.imwrite(tmp_path / "a.dng", whole, photometric=32803, metadata=None, extratags=tags)
    data = bytearray((tmp_path / "a.dng").read_bytes())
    for tag in (256, 257):
        at = data.index(struct.pack("<HHI", tag, 4, 1)) + 8
        data[at : at + 4] = struct.pack("<I", 20_000)
    (tmp_path / "a.dng").write_bytes(data)
    with pytest.raises(PhotoError, match=r"bytes cannot hold 20000×20000 pixels"):
        read_raw(tmp_path / "a.dng")


def test_a_jpeg_under_the_name_of_a_raw_is_a_jpeg(tmp_path):
    path, picture = tmp_path / "a.nef", smooth(24, 32, 3)
    Image.fromarray(picture).save(path, "JPEG", quality=100, subsampling=0, exif=b"Exif\0\0" + camera_exif())
    assert not is_raw(path)
    assert np.abs(read_photo(path).pixels.astype(int) - picture).max() < 8
    assert result_suffix(path) == ".jpg"
    shots, problems = find_shots([path])
    assert (shots[0].photo, shots[0].raw, problems) == (path, None, [])


@needs_shared
@pytest.mark.parametrize("name", ["cut-short.rw2", "kodak-dc50.kdc", "gps-and-author.dng"])
def test_real_files(name):
    if name.startswith("cut"):
        with pytest.raises(PhotoError, match="is cut short"):
            read_raw(FILES / name)
    else:
        assert read_raw(FILES / name).mosaic.std() > 0.01
