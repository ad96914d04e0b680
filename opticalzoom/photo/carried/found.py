"""What photo and RAW files carry besides their pixels, found wherever programs put it.

One reader for all: what turns a zoomed photo upright is what pairs its shots. EXIF stands in an APP1 segment of a JPEG,
in a chunk of a PNG (eXIf, also behind the pixels, or hexadecimal in a text) or WebP, and makes up the directories of a
TIFF and of most RAW files, which are TIFFs inside: ARW, CR2, DNG, NEF, PEF, and ORF and RW2 but for the number that
marks a TIFF. RAF holds a JPEG, and CR3 bare directories in the boxes of an MP4
(https://github.com/lclevy/canon_cr3). HEIF's is found by libvips. Makers' notes are not read.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import BinaryIO, NamedTuple

from opticalzoom.errors import PhotoError
from opticalzoom.photo import exif
from opticalzoom.photo.carried.containers import boxes, chunks, inflated, riff_chunks, segments
from opticalzoom.photo.carried.heif_colour import item_colours
from opticalzoom.photo.colour.told import ADOBE_RGB, ToldColour, told_by_chunks, told_by_codes
from opticalzoom.photo.exif import (
    EXIF,
    GPS,
    INTEROPERABILITY,
    ORIENTATION,
    PREFIX,
    Exif,
    FileBytes,
    Value,
    without_prefix,
)
from opticalzoom.photo.formats.heif import is_heif, open_header
from opticalzoom.photo.formats.photo_file import open_file
from opticalzoom.photo.orientation import ORIENTATIONS

_APP1 = 0xE1
_XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_TAG = 0x02BC
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_RAW_PROFILE = b"Raw profile type "
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([1-8])\s*[\"'<]")
_HEXED = re.compile(rb"\s*[^\n]*\n\s*\d+\s*\n([\da-fA-F\s]*)")
_RAF, _CR3 = b"FUJIFILMCCD-RAW", b"ftypcrx "
_RAF_JPEG = 84
"""Where a RAF file says where its JPEG begins; big-endian."""
_INDEX = 1
_UUID = 16
"""Bytes of the identifier at the beginning of a uuid box."""


class Carried(NamedTuple):
    """What a file carries besides pixels; None where it has none.

    Attributes:
        exif: its EXIF.
        xmp: its XMP packet (XML, https://developer.adobe.com/xmp).
        colour: what it tells of its colours by other means than a profile; None if it has one or tells nothing.
        turned: whether decoders turn the picture upright themselves, whatever EXIF and XMP say.
    """

    exif: Exif | None = None
    xmp: bytes | None = None
    colour: ToldColour | None = None
    turned: bool = False

    @property
    def orientation(self) -> int:
        """The orientation that turns what is stored upright, 1 to 8: EXIF's, or else XMP's, or else 1."""
        told = self.told_orientation
        return 1 if self.turned or told is None else told

    @property
    def told_orientation(self) -> int | None:
        """What EXIF says, or else XMP; None if neither says anything that has a meaning."""
        number = self.exif.number(ORIENTATION, 0) if self.exif else 0
        if number in ORIENTATIONS:
            return number
        found = _XMP_ORIENTATION.search(self.xmp.replace(b"\0", b"")) if self.xmp else None
        return int(found[1]) if found else None


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
        reason = error.strerror or str(error)
        remedy = "Check the name and its permissions."
        raise PhotoError(f"cannot be read: {reason}.", path=path, remedy=remedy) from error


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
    blocks, xmp = [], None
    for marker, content in segments(file):
        if marker == _APP1 and content[:4] == PREFIX[:4]:
            blocks.append(content[len(PREFIX) :])
        elif marker == _APP1 and content.startswith(_XMP_PREFIX):
            xmp = xmp or content[len(_XMP_PREFIX) :]
    parsed = _first_exif(blocks)
    return Carried(parsed, xmp, _told_by_exif(parsed))


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
            keyword, text = _text(name, content)
            texts.setdefault(keyword, text)
        else:
            found.setdefault(name, content)
    profiles = [_unhexed(texts.get(_RAW_PROFILE + kind, b"")) for kind in (b"exif", b"APP1", b"app1")]
    blocks = [without_prefix(block) for block in (found.get(b"eXIf", b""), *profiles)]
    packets = [block[len(_XMP_PREFIX) :] for block in profiles if block.startswith(_XMP_PREFIX)]
    xmp = texts.get(_XMP_KEYWORD) or next(iter(packets), _unhexed(texts.get(_RAW_PROFILE + b"xmp", b"")))
    parsed = next(filter(None, map(exif.parse, blocks)), None)
    return Carried(parsed, xmp or None, told_by_chunks(found) or _told_by_exif(parsed))


def _text(name: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Keyword and text of a tEXt, zTXt or iTXt chunk."""
    keyword, _, rest = content.partition(b"\0")
    if name == b"tEXt":
        return keyword, rest
    if name == b"zTXt":
        return keyword, inflated(rest[1:])
    text = rest[2:].split(b"\0", 2)[-1]  # behind language and translated keyword
    return keyword, inflated(text) if rest[:1] == b"\1" else text


def _unhexed(text: bytes) -> bytes:
    """The bytes that ImageMagick writes as a text: a name, their number, and hexadecimal lines."""
    found = _HEXED.match(text)
    try:
        return bytes.fromhex(found[1].decode()) if found else b""
    except ValueError:
        return b""


def _in_webp(file: BinaryIO) -> Carried:
    found = dict(reversed(list(riff_chunks(file))))
    block = found.get(b"EXIF")
    parsed = exif.parse(without_prefix(block)) if block else None
    return Carried(parsed, found.get(b"XMP "), _told_by_exif(parsed))


def _in_tiff(file: BinaryIO) -> Carried:
    found = exif.parse(FileBytes(file))
    packet = found.main.get(_XMP_TAG) if found else None
    return Carried(found, packet.raw if isinstance(packet, Value) else None, _told_by_exif(found))


def _in_raf(file: BinaryIO) -> Carried:
    file.seek(_RAF_JPEG)
    offset, length = struct.unpack(">II", file.read(8))
    file.seek(offset)
    return _in_jpeg(io.BytesIO(file.read(length)))


def _in_cr3(file: BinaryIO) -> Carried:
    """Canon's boxes: CMT1 holds the main directory, CMT2 that of EXIF, CMT4 that of GPS."""
    start, end = 0, file.seek(0, io.SEEK_END)
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
    return Carried(Exif(parts[b"CMT1"].order, main))


def _in_heif(file: BinaryIO) -> Carried:
    image = open_header(file)
    block, xmp = (bytes(image.get(name)) if image.get_typeof(name) else b"" for name in ("exif-data", "xmp-data"))
    parsed, colours = exif.parse(without_prefix(block)), item_colours(file)
    colour = told_by_codes(*colours.codes) if colours.codes else _told_by_exif(parsed)
    known = colours.has_profile and not (colour and colour.unknown_curve)
    return Carried(parsed, xmp or None, None if known else colour, turned=True)


def _told_by_exif(parsed: Exif | None) -> ToldColour | None:
    """Adobe RGB as cameras say it (CIPA DC-010); sRGB is what is assumed without a word."""
    details = parsed.main.get(EXIF) if parsed else None
    interoperability = details.get(INTEROPERABILITY) if isinstance(details, dict) else None
    index = interoperability.get(_INDEX) if isinstance(interoperability, dict) else None
    return ADOBE_RGB if isinstance(index, Value) and index.text() == "R03" else None


_MARKS: dict[bytes, Finder] = {
    b"\xff\xd8\xff": _in_jpeg,
    b"\x89PNG\r\n\x1a\n": _in_png,
}
