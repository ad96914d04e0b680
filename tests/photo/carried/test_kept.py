"""What photos carry, through every format that is written, as Pillow and tifffile read it."""

from __future__ import annotations

import io
import itertools

import pytest
import tifffile
from photos import SUFFIXES, camera_exif, smooth
from PIL import Image, IptcImagePlugin

from opticalzoom.photo.bands import Header
from opticalzoom.photo.carried.found import find_carried
from opticalzoom.photo.carried.kept import Kept, iptc_in, photoshop_entries, photoshop_entry
from opticalzoom.photo.encode import write_bands
from opticalzoom.photo.photograph import Photo, read_photo, write_photo

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
IPTC = b"\x1c\x02\x19\x00\x0alighthouse\x1c\x02\x78\x00\x07Caption"
KEPT = Kept(XMP, IPTC, (300.0, 150.0), (("Comment", "a wörd"), ("Author", "somebody")))
PIXELS = smooth(24, 40, 3)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    for suffix in SUFFIXES:
        write_photo(folder / f"a{suffix}", Photo(PIXELS, camera_exif(), None, KEPT))
    return folder


def xmp_by_another_reader(path):
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            return file.pages.first.tags[700].value
    with Image.open(path) as picture:
        picture.load()
        return picture.info.get("xmp")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_other_readers_find_it(written, suffix):
    path = written / f"a{suffix}"
    assert xmp_by_another_reader(path) == XMP
    with Image.open(path) as picture:
        picture.load()
        if suffix != ".webp":
            assert picture.info["dpi"] == pytest.approx((300, 150), rel=1e-3)
        if suffix in (".jpg", ".tif"):
            assert IptcImagePlugin.getiptcinfo(picture)[2, 25] == b"lighthouse"
        if suffix == ".png":
            assert (picture.info["Comment"], picture.info["Author"]) == ("a wörd", "somebody")
        if suffix == ".jpg":
            assert picture.info["comment"].decode() == "Author: somebody"
        if suffix in (".webp", ".tif"):
            assert [float(picture.getexif()[tag]) for tag in (0x011A, 0x011B)] == [300, 150]
        assert picture.getexif()[0x0110] == "D780"


@pytest.mark.parametrize(("first", "second"), list(itertools.product(SUFFIXES, SUFFIXES)))
def test_it_goes_from_format_to_format(written, tmp_path, first, second):
    write_photo(tmp_path / f"b{second}", read_photo(written / f"a{first}"))
    found = read_photo(tmp_path / f"b{second}").kept
    assert found.xmp == XMP
    assert found.resolution == pytest.approx((300, 150), rel=1e-3)
    assert (found.iptc == IPTC) is (".webp" not in (first, second))


def test_what_a_format_has_no_place_for_is_said(tmp_path):
    for suffix, words in ((".webp", {"IPTC", "comment"}), (".tif", {"comment"}), (".png", set()), (".jpg", set())):
        header = Header(PIXELS.shape, PIXELS.dtype, None, None, KEPT)
        notes = write_bands(tmp_path / f"a{suffix}", header, (PIXELS,))
        assert len(notes) == len(words)
        assert all(any(word in note for note in notes) for word in words)
    long = Kept(XMP + b" " * 70_000, b"x" * 70_000, None, (("Comment", "x" * 70_000),))
    notes = write_bands(tmp_path / "b.jpg", Header(PIXELS.shape, PIXELS.dtype, None, None, long), (PIXELS,))
    assert [note.split()[0] for note in notes] == ["XMP", "IPTC", "a"]
    assert read_photo(tmp_path / "b.jpg").kept == Kept()


def test_the_resolution_turns_with_the_photo(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", dpi=(300, 150), exif=b"Exif\0\0" + camera_exif(6))
    assert read_photo(tmp_path / "a.jpg").kept.resolution == (150, 300)


@pytest.mark.parametrize("unit", [1, 2])
def test_jpeg_in_both_units(tmp_path, unit):
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", dpi=(100, 100))
    data = bytearray((tmp_path / "a.jpg").read_bytes())
    data[data.index(b"JFIF\0") + 7] = unit
    (tmp_path / "a.jpg").write_bytes(data)
    assert read_photo(tmp_path / "a.jpg").kept.resolution == pytest.approx((100 * (2.54 if unit == 2 else 1),) * 2)


def test_photoshops_entries():
    other = b"8BIM" + (2000).to_bytes(2, "big") + b"\x04path\0" + (3).to_bytes(4, "big") + b"abc\0"
    assert [number for number, _ in photoshop_entries(other + photoshop_entry(IPTC))] == [2000, 0x0404]
    assert iptc_in(other + photoshop_entry(IPTC)) == (IPTC, ("clipping paths are left out",))
    assert iptc_in(photoshop_entry(b"odd")) == (b"odd", ())
    assert iptc_in(b"8BIM") == iptc_in(b"") == (None, ())


@pytest.mark.parametrize("code", ["B", "I"])
def test_iptc_of_a_tiff_by_another_writer(tmp_path, code):
    padded = IPTC + bytes(-len(IPTC) % 4)
    count = len(IPTC) if code == "B" else len(padded) // 4
    tag = (33723, code, count, IPTC if code == "B" else padded, True)
    tifffile.imwrite(tmp_path / "a.tif", PIXELS, photometric="rgb", extratags=[tag])
    assert read_photo(tmp_path / "a.tif").kept.iptc == IPTC


def test_the_rating_of_a_cr3():
    def box(name, *content):
        return (8 + sum(map(len, content))).to_bytes(4, "big") + name + b"".join(content)

    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    moov = box(b"moov", box(b"uuid", canon, box(b"CMT1", camera_exif())))
    xmp = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), XMP)
    found = find_carried(io.BytesIO(box(b"ftyp", b"crx \0\0\0\1crx isom") + moov + xmp + box(b"mdat", bytes(50))))
    assert (found.kept.xmp, found.exif.text(0x0110)) == (XMP, "D780")
