from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from opticalzoom.errors import PhotoError
from opticalzoom.photo.metadata import Metadata, read_metadata

EXPECTED = Metadata(
    camera="SONY ILCE-7RM2",
    lens="FE 24-240mm F3.5-6.3 OSS",
    focal_length=24.5,
    focal_length_35mm=37,
    time=datetime(2019, 3, 2, 17, 4, 5, 250_000, timezone(timedelta(hours=-8))),
    orientation=6,
    exposure_time=1 / 125,
    f_number=5.6,
    iso=400,
)
MAIN = [(0x010F, "SONY"), (0x0110, "ILCE-7RM2"), (0x0112, 6), (0x0132, "2020:01:01 00:00:00")]
DETAILS = [
    (0x829A, (1, 125)),
    (0x829D, (56, 10)),
    (0x8827, 400),
    (0x9003, "2019:03:02 17:04:05"),
    (0x9011, "-08:00"),
    (0x920A, (245, 10)),
    (0x9291, "25"),
    (0xA405, 37),
    (0xA434, "FE 24-240mm F3.5-6.3 OSS"),
]


def directory(order, start, entries):
    """A TIFF directory put together by hand, to lie at offset ``start``: text is ASCII, a pair RATIONAL, else SHORT."""
    table, tail = struct.pack(order + "H", len(entries)), b""
    after = start + 2 + 12 * len(entries) + 4
    for tag, value in entries:
        if isinstance(value, str):
            kind, count, raw = 2, len(value) + 1, value.encode() + b"\0"
        elif isinstance(value, tuple):
            kind, count, raw = 5, 1, struct.pack(order + "II", *value)
        elif tag == 0x8769:
            kind, count, raw = 4, 1, struct.pack(order + "I", value)
        else:
            kind, count, raw = 3, 1, struct.pack(order + "H", value)
        far = struct.pack(order + "I", after + len(tail))
        table += struct.pack(order + "HHI", tag, kind, count) + (raw.ljust(4, b"\0") if len(raw) <= 4 else far)
        tail += raw + bytes(len(raw) % 2) if len(raw) > 4 else b""
    return table + bytes(4) + tail


def block(order="<", mark=None, main=MAIN, details=DETAILS, at=1000):
    """An EXIF block: header, main directory, and EXIF's (if any) at offset ``at``."""
    head = mark or {"<": b"II*\0", ">": b"MM\0*"}[order]
    pointer = [(0x8769, at)] if details else []
    first = head + struct.pack(order + "I", 8) + directory(order, 8, main + pointer)
    return first.ljust(at, b"\0") + directory(order, at, details) if details else first


def box(name, *content):
    data = b"".join(content)
    return struct.pack(">I4s", 8 + len(data), name) + data


def cr3():
    blocks = box(b"CMT1", block(details=None)), box(b"CMT2", block(main=DETAILS, details=None))
    identifier = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    moov = box(b"moov", box(b"uuid", identifier, box(b"CNCV", b"CanonCR3_001/00.09.00/00.00.00"), *blocks))
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + moov + box(b"mdat", bytes(100))


def raf():
    embedded = picture("JPEG")
    head = b"FUJIFILMCCD-RAW 0201FF383501".ljust(84, b"\0") + struct.pack(">II", 160, len(embedded))
    return head.ljust(160, b"\0") + embedded + bytes(500)


def picture(kind):
    file = io.BytesIO()
    Image.new("RGB", (16, 12)).save(file, kind, exif=b"Exif\0\0" + block())
    return file.getvalue()


FILES = {
    "a.jpg": lambda: picture("JPEG"),
    "a.png": lambda: picture("PNG"),
    "a.webp": lambda: picture("WEBP"),
    "little.tif": block,
    "big.nef": lambda: block(">", at=3_000_000),
    "a.orf": lambda: block(mark=b"IIRO"),
    "a.rw2": lambda: block(mark=b"IIU\0"),
    "a.cr3": cr3,
    "a.raf": raf,
}


@pytest.fixture
def save(tmp_path):
    def write(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def assert_equal(found, expected=EXPECTED):
    for name, value in vars(expected).items():
        same = pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
        assert getattr(found, name) == same, name


@pytest.mark.parametrize("name", FILES)
def test_every_field_of_every_kind_of_file(save, name):
    assert_equal(read_metadata(save(name, FILES[name]())))


def test_a_dng_with_a_mosaic(tmp_path):
    path = tmp_path / "a.dng"
    mosaic = np.arange(64 * 96, dtype=np.uint16).reshape(64, 96)
    pointer = (0x8768, "I", 1, 2**31, True)  # one less: tifffile doesn't write EXIF's own
    camera = [(0x010F, "s", 0, "SONY", True), (0x0110, "s", 0, "ILCE-7RM2", True), (0x0112, "H", 1, 6, True)]
    tifffile.imwrite(
        path, mosaic, photometric="cfa", extratags=[*camera, (0xC612, "B", 4, (1, 4, 0, 0), True), pointer]
    )
    with tifffile.TiffFile(path) as file:
        place = file.pages.first.tags[0x8768].offset
    data = bytearray(path.read_bytes())
    struct.pack_into("<HHII", data, place, 0x8769, 4, 1, len(data))
    path.write_bytes(data + directory("<", len(data), DETAILS))
    assert_equal(read_metadata(path))


EXIFTOOL = [
    *("Model", "LensModel", "FocalLength", "FocalLengthIn35mmFormat"),
    *("ExposureTime", "FNumber", "ISO", "Orientation"),
]


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_reads_the_same(save):
    paths = [save(name, data()) for name, data in FILES.items() if not name.endswith((".orf", ".rw2"))]
    command = ["exiftool", "-j", "-n", *(f"-{name}" for name in EXIFTOOL), *paths]
    for path, theirs in zip(paths, json.loads(subprocess.check_output(command)), strict=True):
        ours = read_metadata(path)
        assert ours.camera == f"SONY {theirs['Model']}"
        fields = (ours.lens, ours.focal_length, ours.focal_length_35mm, ours.exposure_time, ours.f_number, ours.iso)
        assert [*fields, ours.orientation] == [
            pytest.approx(theirs[name]) if isinstance(theirs[name], float) else theirs[name] for name in EXIFTOOL[1:]
        ], path.name


def of(save, main=(), details=()):
    return read_metadata(save("a.tif", block(main=[*main, (0x0131, "x")], details=[*details, (0x9286, "y")])))


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("NIKON CORPORATION", "NIKON D5500", "NIKON D5500"),
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("Apple", "iPhone X", "Apple iPhone X"),
        ("", "X100", "X100"),
        ("Leica", "", "Leica"),
        ("", "", None),
    ],
)
def test_a_camera_is_named_once(save, make, model, camera):
    assert of(save, [(0x010F, make), (0x0110, model)]).camera == camera


@pytest.mark.parametrize(
    ("tags", "time"),
    [
        ([(0x9003, "2024:02:29 23:59:59")], datetime(2024, 2, 29, 23, 59, 59)),
        ([(0x9003, "2024:02:29 23:59:59"), (0x9291, "007")], datetime(2024, 2, 29, 23, 59, 59, 7000)),
        ([(0x9003, "2024:02:29 23:59:59"), (0x9291, "  ")], datetime(2024, 2, 29, 23, 59, 59)),
        ([(0x9003, "2024:02:29 23:59:59"), (0x9011, "   :  ")], datetime(2024, 2, 29, 23, 59, 59)),
        ([(0x9003, "0000:00:00 00:00:00"), (0x9004, "2024:05:01 10:00:00")], datetime(2024, 5, 1, 10)),
        ([(0x9003, "2023:02:29 10:00:00")], None),
        ([(0x9003, "    :  :     :  :  ")], None),
        ([], None),
    ],
)
def test_times_that_cameras_write(save, tags, time):
    assert of(save, details=tags).time == time


def test_values_that_mean_unknown(save):
    found = of(save, [(0x0112, 0)], [(0x829A, (0, 0)), (0x829D, (0, 10)), (0x8827, 0), (0x920A, (0, 1)), (0xA405, 0)])
    assert found == Metadata()


def test_a_photo_of_400_megapixels_needs_no_decoding(save):
    data = bytearray(picture("JPEG"))
    at = data.index(b"\xff\xc0") + 5
    struct.pack_into(">HH", data, at, 20_000, 20_000)
    assert_equal(read_metadata(save("a.jpg", bytes(data))))


@pytest.mark.parametrize(
    "data", [picture("JPEG")[:20], block(main=[], details=None), b"II*\0", b"MM\0*\0\0\0\xff", raf()[:90]]
)
def test_files_without_exif_have_empty_metadata(save, data):
    assert read_metadata(save("a.jpg", data)) == Metadata()


@pytest.mark.parametrize(
    "data", [b"", b"hello, this is a text", b"RIFF\x24\0\0\0WAVEfmt ", b"\0\0\0\x18ftypisom", b"II"]
)
def test_what_is_no_photo_is_refused(save, data):
    with pytest.raises(PhotoError, match=r"DSC1\.ARW: holds no photo"):
        read_metadata(save("DSC1.ARW", data))


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(PhotoError, match="No such file"):
        read_metadata(tmp_path / "none.jpg")
    with pytest.raises(PhotoError, match=r"cannot be read"):
        read_metadata(tmp_path)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(FILES.keys() - {"big.nef"})))
def test_damage_never_raises(tmp_path_factory, data, name):
    content = bytearray(FILES[name]())
    used = [at for at in range(16, len(content)) if content[at]]
    for at in data.draw(st.lists(st.sampled_from(used), max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content[: data.draw(st.integers(16, len(content)))])
    assert isinstance(read_metadata(path), Metadata)
