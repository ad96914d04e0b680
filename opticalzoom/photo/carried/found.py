"""What photo and RAW files carry besides their pixels, found wherever programs put it.

One reader for all: what turns a zoomed photo upright is what pairs its shots. EXIF stands in an APP1 segment of a JPEG,
in a chunk of a PNG (eXIf, also behind the pixels, or hexadecimal in a text) or WebP, and makes up the directories of a
TIFF and of most RAW files, which are TIFFs inside: ARW, CR2, DNG, NEF, PEF, and ORF and RW2 but for the number that
marks a TIFF. RAF holds a JPEG, and CR3 bare directories in the boxes of an MP4
(https://github.com/lclevy/canon_cr3). HEIF's is found by libvips. Makers' notes are not read.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from opticalzoom.photo import exif
from opticalzoom.photo.carried.containers import MOST_BYTES, boxes, chunks, riff_chunks, segments
from opticalzoom.photo.carried.contents import Carried, per_inch, resolution_of, told_by_exif
from opticalzoom.photo.carried.heif_colour import item_colours
from opticalzoom.photo.carried.kept import COMMENT, IPTC_TAG, PHOTOSHOP, XMP_PREFIX, XMP_TAG, Kept, iptc_in
from opticalzoom.photo.carried.png_texts import RAW_PROFILE, XMP_KEYWORD, text_in, unhexed
from opticalzoom.photo.colour.told import told_by_chunks, told_by_codes
from opticalzoom.photo.exif import (
    EXIF,
    GPS,
    PREFIX,
    Exif,
    FileBytes,
    Value,
    without_prefix,
)
from opticalzoom.photo.formats.heif import is_heif, open_header
from opticalzoom.photo.formats.photo_file import open_file, unreadable

_APP0, _APP1, _APP11, _APP13, _COMMENT = 0xE0, 0xE1, 0xEB, 0xED, 0xFE
_JFIF = b"JFIF\0"
_PHOTOSHOP_TAG = 0x8649
_SIGNED_LEFT_OUT = "content credentials (C2PA) are left out, as they do not hold for a changed picture"
_RAF, _CR3 = b"FUJIFILMCCD-RAW", b"ftypcrx "
_RAF_JPEG = 84
"""Where a RAF file says where its JPEG begins; big-endian."""
_UUID = 16
"""Bytes of the identifier at the beginning of a uuid box."""
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_LONG = 4


Finder = Callable[[BinaryIO], Carried]


def read_carried(path: str | PathLike[str]) -> Carried | None:
    """What a photo or RAW file carries, see :func:`find_carried`.

    Raises:
        PhotoError: the file is missing or cannot be read.
    """
    try:
        with open_file(Path(path)) as file:
            return find_carried(file)
    except OSError as error:
        raise unreadable(error, path) from error


def find_carried(file: BinaryIO) -> Carried | None:
    """What a photo or RAW file carries; damaged parts are left out.

    Args:
        file: opened for reading.

    Returns:
        None for a file of another kind.

    Raises:
        OSError: the file cannot be read.
    """
    file.seek(0)
    finder = _finder(file.read(16))
    if finder is None:
        return None
    try:
        return finder(file)
    except io.UnsupportedOperation:  # libvips asks for a descriptor, which a file in memory lacks
        return Carried()
    except OSError:
        raise
    except Exception:  # damaged files raise every class there is
        return Carried()


def _finder(head: bytes) -> Finder | None:
    """The function for a file with these first bytes; None for a file of another kind."""
    if head.startswith(_RAF):
        return _in_raf
    if head[4:12] == _CR3:
        return _in_cr3
    if is_heif(head):
        return _in_heif
    if head[:4] in exif.MARKS or head[:8] in (b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"):
        return _in_tiff
    if head[:4] == b"RIFF":
        return _in_webp if head[8:12] == b"WEBP" else None
    return next((finder for mark, finder in _MARKS.items() if head.startswith(mark)), None)


def _in_jpeg(file: BinaryIO) -> Carried:
    blocks, packets, photoshop, texts, notes, density = [], [], b"", [], [], None
    for marker, content in segments(file):
        if marker == _APP1 and content[:4] == PREFIX[:4]:
            blocks.append(content[len(PREFIX) :])
        elif marker == _APP1 and content.startswith(XMP_PREFIX):
            packets.append(content[len(XMP_PREFIX) :])
        elif marker == _APP13 and content.startswith(PHOTOSHOP):
            photoshop += content[len(PHOTOSHOP) :]
        elif marker == _APP0 and content.startswith(_JFIF) and len(content) >= 12:
            across, down = struct.unpack_from(">HH", content, 8)
            density = per_inch(across, down, content[7] + 1)
        elif marker == _COMMENT:
            texts.append((COMMENT, _decoded(content)))
        elif marker == _APP11 and b"jumb" in content[:32]:
            notes.append(_SIGNED_LEFT_OUT)
    parsed, (iptc, lost) = _first_exif(blocks), iptc_in(photoshop)
    kept = Kept(next(iter(packets), None), iptc, density or resolution_of(parsed), tuple(texts))
    return Carried(parsed, kept, told_by_exif(parsed), notes=(*dict.fromkeys(notes), *lost))


def _decoded(text: bytes) -> str:
    try:
        return text.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return text.rstrip(b"\0").decode("latin-1")


def _first_exif(blocks: list[bytes]) -> Exif | None:
    """EXIF of the first block, with what follows it, as a long one is cut into several; or else of another block."""
    for number in range(len(blocks)):
        rest = [block for block in blocks[number + 1 :] if block[:4] not in exif.MARKS]
        found = exif.parse(b"".join([blocks[number], *rest]))
        if found:
            return found
    return None


def _in_png(file: BinaryIO) -> Carried:
    found: dict[bytes, bytes] = {}
    texts: dict[bytes, bytes] = {}
    for name, content in chunks(file):
        if name in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, text = text_in(name, content)
            texts.setdefault(keyword, text)
        else:
            found.setdefault(name, content)
    profiles = [unhexed(texts.get(RAW_PROFILE + kind, b"")) for kind in (b"exif", b"APP1", b"app1")]
    blocks = [without_prefix(block) for block in (found.get(b"eXIf", b""), *profiles)]
    packets = [block[len(XMP_PREFIX) :] for block in profiles if block.startswith(XMP_PREFIX)]
    xmp = texts.get(XMP_KEYWORD) or next(iter(packets), unhexed(texts.get(RAW_PROFILE + b"xmp", b"")))
    entries = unhexed(texts.get(RAW_PROFILE + b"iptc", b"") or texts.get(RAW_PROFILE + b"8bim", b""))
    iptc, lost = iptc_in(entries)
    parsed = next(filter(None, map(exif.parse, blocks)), None)
    density = found.get(b"pHYs", b"").ljust(9, b"\0")
    across, down = struct.unpack_from(">II", density)
    in_metres = per_inch(across / 100, down / 100, 3 * density[8])
    plain = {key: text for key, text in texts.items() if key != XMP_KEYWORD and not key.startswith(RAW_PROFILE)}
    pairs = tuple((key.decode("latin-1"), _decoded(text)) for key, text in plain.items() if key)
    kept = Kept(xmp or None, iptc, in_metres or resolution_of(parsed), pairs)
    notes = (*lost, *((_SIGNED_LEFT_OUT,) if b"caBX" in found else ()))
    return Carried(parsed, kept, told_by_chunks(found) or told_by_exif(parsed), notes=notes)


def _in_webp(file: BinaryIO) -> Carried:
    found = dict(reversed(list(riff_chunks(file))))
    block = found.get(b"EXIF")
    parsed = exif.parse(without_prefix(block)) if block else None
    return Carried(parsed, Kept(found.get(b"XMP "), None, resolution_of(parsed)), told_by_exif(parsed))


def _in_tiff(file: BinaryIO) -> Carried:
    found = exif.parse(FileBytes(file))
    if found is None:
        return Carried()
    values = (found.main.get(tag) for tag in (XMP_TAG, IPTC_TAG, _PHOTOSHOP_TAG))
    packet, records, entries = (value if isinstance(value, Value) else None for value in values)
    iptc, lost = iptc_in(entries.raw if entries else b"")
    if records:  # some programs say that they are numbers of four bytes, and fill the last one
        iptc = records.raw.rstrip(b"\0") if records.kind == _LONG else records.raw
    kept = Kept(packet.raw if packet else None, iptc, resolution_of(found))
    return Carried(found, kept, told_by_exif(found), notes=lost)


def _in_raf(file: BinaryIO) -> Carried:
    file.seek(_RAF_JPEG)
    offset, length = struct.unpack(">II", file.read(8))
    file.seek(offset)
    return _in_jpeg(io.BytesIO(file.read(length)))


def _in_cr3(file: BinaryIO) -> Carried:
    """Canon's boxes: CMT1 holds the main directory, CMT2 that of EXIF, CMT4 that of GPS; XMP (a rating) has its own."""
    start, end = 0, file.seek(0, io.SEEK_END)
    xmp = next(_xmp_boxes(file, end), None)
    for name in (b"moov", b"uuid"):
        start, end = next((begin, stop) for kind, begin, stop in boxes(file, start, end) if kind == name)
    parts: dict[bytes, Exif] = {}
    for name, begin, stop in boxes(file, start + _UUID, end):
        file.seek(begin)
        part = exif.parse(file.read(stop - begin)) if name in (b"CMT1", b"CMT2", b"CMT4") else None
        if part and part.order == next(iter(parts.values()), part).order:
            parts[name] = part
    main = dict(parts[b"CMT1"].main)
    for name, tag in ((b"CMT2", EXIF), (b"CMT4", GPS)):
        with suppress(KeyError):
            main[tag] = parts[name].main
    return Carried(Exif(parts[b"CMT1"].order, main), Kept(xmp))


def _xmp_boxes(file: BinaryIO, end: int) -> Iterator[bytes]:
    for name, begin, stop in boxes(file, 0, end):
        file.seek(begin)
        if name == b"uuid" and file.read(_UUID) == _XMP_UUID:
            yield file.read(min(stop - begin - _UUID, MOST_BYTES)).rstrip(b"\0")


def _in_heif(file: BinaryIO) -> Carried:
    image = open_header(file)
    block, xmp = (bytes(image.get(name)) if image.get_typeof(name) else b"" for name in ("exif-data", "xmp-data"))
    parsed, colours = exif.parse(without_prefix(block)), item_colours(file)
    colour = told_by_codes(*colours.codes) if colours.codes else told_by_exif(parsed)
    known = colours.has_profile and not (colour and colour.unknown_curve)
    return Carried(parsed, Kept(xmp or None, None, resolution_of(parsed)), None if known else colour, turned=True)


_MARKS: dict[bytes, Finder] = {
    b"\xff\xd8\xff": _in_jpeg,
    b"\x89PNG\r\n\x1a\n": _in_png,
}
