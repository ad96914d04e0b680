"""What files carry, however it is written, against Pillow and ImageMagick's way of writing."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from photos import camera_exif, png, smooth, tiff_bytes
from PIL import Image, ImageOps

from opticalzoom.photo.carried.found import find_carried
from opticalzoom.photo.metadata import read_metadata
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.size import read_size

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
XMP_ELEMENT = b"<x:xmpmeta><rdf:RDF><tiff:Orientation>6</tiff:Orientation></rdf:RDF></x:xmpmeta>"


def file(kind):
    exif = Image.Exif()
    exif[0x010F], exif[0x8769] = "Maker", {0x920A: 35.0, 0x9003: "2026:01:02 03:04:05"}
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, kind, exif=exif.tobytes())  # Pillow cannot write an Exif object to a TIFF
    return stream


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_tags_of_both_directories(kind):
    exif = find_carried(file(kind)).exif
    assert (exif.text(0x010F), exif.find(0x920A).numbers(exif.order), exif.text(0x9003)) == (
        *("Maker", [35.0]),
        "2026:01:02 03:04:05",
    )


def test_other_files_have_none():
    assert find_carried(io.BytesIO(b"a text, and a long one")) is None
    assert find_carried(io.BytesIO(b"RIFF....AVI and more")) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_damaged_files_have_less(kind):
    whole = file(kind).getvalue()
    for end in range(20, len(whole), 7):
        found = find_carried(io.BytesIO(whole[:end])).exif
        assert found is None or set(found.main) <= set(find_carried(io.BytesIO(whole)).exif.main)


def block(kind=3, order="<"):
    """Orientation 6 of a TIFF type: BYTE 1, SHORT 3, LONG 4."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    value = struct.pack(order + {1: "B", 3: "H", 4: "I"}[kind], 6).ljust(4, b"\0")
    return head + struct.pack(order + "HHHI", 1, 0x0112, kind, 1) + value + bytes(4)


def hexed(name, content):
    """A text as ImageMagick writes profiles into PNG."""
    digits = content.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\n{name}\n{len(content):8}\n{lines}\n".encode()


def with_chunks(before=(), behind=()):
    data = png(smooth(12, 20, 3), 2, 8, *before)
    made = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in behind
    )
    return data[:-12] + made + data[-12:]


def jpeg(*segments):
    stream = io.BytesIO()
    Image.fromarray(smooth(12, 20, 3)).save(stream, "JPEG", quality=100, subsampling=0)
    made = b"".join(b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body for body in segments)
    return stream.getvalue()[:2] + made + stream.getvalue()[2:]


def webp(**options):
    stream = io.BytesIO()
    Image.fromarray(smooth(12, 20, 3)).save(stream, "WEBP", lossless=True, **options)
    return stream.getvalue()


RAW_EXIF, RAW_APP1 = b"Raw profile type exif\0", b"Raw profile type APP1\0"
EXIF = b"Exif\0\0"
WAYS = {
    **{
        f"a {kind} {order}.jpg": (lambda k=kind, o=order: jpeg(EXIF + block(k, o)))
        for kind in (1, 3, 4)
        for order in "<>"
    },
    "odd prefix.jpg": lambda: jpeg(b"Exif\0\xff" + block()),
    "second.jpg": lambda: jpeg(EXIF + b"damaged", EXIF + block()),
    "xmp.jpg": lambda: jpeg(b"http://ns.adobe.com/xap/1.0/\0" + XMP),
    "xmp element.jpg": lambda: jpeg(b"http://ns.adobe.com/xap/1.0/\0" + XMP_ELEMENT),
    "a.png": lambda: with_chunks([(b"eXIf", block())]),
    "prefix.png": lambda: with_chunks([(b"eXIf", EXIF + block())]),
    "behind.png": lambda: with_chunks(behind=[(b"eXIf", block(4, ">"))]),
    "raw.png": lambda: with_chunks([(b"zTXt", RAW_EXIF + b"\0" + zlib.compress(hexed("exif", EXIF + block())))]),
    "text.png": lambda: with_chunks(behind=[(b"tEXt", RAW_EXIF + hexed("exif", block(1)))]),
    "app1.png": lambda: with_chunks(
        [(b"zTXt", RAW_APP1 + b"\0" + zlib.compress(hexed("generic profile", EXIF + block())))]
    ),
    "xmp.png": lambda: with_chunks([(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)]),
    "packed xmp.png": lambda: with_chunks([(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP))]),
    "a.webp": lambda: webp(exif=block(4)),
    "prefix.webp": lambda: webp(exif=EXIF + block(1, ">")),
    "xmp.webp": lambda: webp(xmp=XMP),
    **{
        f"{code}.tif": (
            lambda c=code: tiff_bytes(smooth(12, 20, 3), photometric="rgb", extratags=[(274, c, 1, 6, True)])
        )
        for code in "BHI"
    },
    "big.tif": lambda: tiff_bytes(
        smooth(12, 20, 3), photometric="rgb", bigtiff=True, extratags=[(274, "Q", 1, 6, True)]
    ),
    "xmp.tif": lambda: tiff_bytes(smooth(12, 20, 3), photometric="rgb", extratags=[(700, "B", len(XMP), XMP, True)]),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_photo_is_turned_by_every_way_of_writing_it(tmp_path, name):
    """By both that zoom and prepare use."""
    path = tmp_path / name
    path.write_bytes(WAYS[name]())
    assert read_metadata(path).orientation == 6
    assert read_size(path) == (20, 12)
    pixels = read_photo(path).pixels
    assert pixels.shape == (20, 12, 3)
    assert np.abs(pixels.astype(int) - np.rot90(smooth(12, 20, 3), -1)).max() < 8


@pytest.mark.parametrize("name", ["a 4 >.jpg", "a.png", "behind.png", "xmp.jpg", "a.webp", "I.tif"])
def test_pillow_turns_it_so(tmp_path, name):
    (tmp_path / name).write_bytes(WAYS[name]())
    with Image.open(tmp_path / name) as picture:
        picture.load()
        theirs = np.asarray(ImageOps.exif_transpose(picture))
    assert np.abs(read_photo(tmp_path / name).pixels.astype(int) - theirs).max() < 8


def test_exif_counts_before_xmp(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(EXIF + camera_exif(1), b"http://ns.adobe.com/xap/1.0/\0" + XMP))
    assert read_metadata(tmp_path / "a.jpg").orientation == 1
    assert read_size(tmp_path / "a.jpg") == (12, 20)
