"""The EXIF block of an upright photo of another size, perhaps in another file format, from that of its source."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from opticalzoom.photo import exif
from opticalzoom.photo.carried.layout import CLASSIC
from opticalzoom.photo.carried.packing import MOST_PINNED, maker_note, packed
from opticalzoom.photo.carried.pixel_counts import without_subject
from opticalzoom.photo.exif import EXIF, INTEROPERABILITY, MAKER_NOTE, ORIENTATION, Directory, Exif, Value

PIXEL_X, PIXEL_Y = 0xA002, 0xA003
_COLOUR_SPACE, _GAMMA = 0xA001, 0xA500
_SRGB = 1
_RESOLUTION, _UNIT, _INCH = (0x011A, 0x011B), 0x0128, 2
_RATIONAL = 5
_CAPTION = (0x010D, 0x010E, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x4749, 0x8298, *range(0x9C9B, 0x9CA0))
_CAMERA = (0x010F, 0x0110, ORIENTATION, 0x011A, 0x011B, 0x0128, 0x013E, 0x013F, EXIF, exif.GPS)
_DESCRIPTIVE = frozenset(_CAPTION + _CAMERA)
"""Tags of the main directory that describe the photograph (name, description, make, model, resolution, software, dates,
artist, white and primaries, rating, copyright); all others there describe how the old file's pixels were stored."""
_DETAILS = frozenset({0x829A, 0x829D, *range(0x8822, 0x8834), *range(0x9000, 0x9300), *range(0xA000, 0xA600)})
"""Tags of EXIF's directory, which TIFF/EP, and so some RAW files, have in the main one."""
_SELF_CONTAINED = (
    *(b"Nikon\0\2", b"OLYMPUS\0", b"OM SYSTEM\0", b"FUJIFILM", b"PENTAX \0", b"Apple iOS\0", b"HDRP", b"KDK"),
    b"[ae_dbg_info:",
)
"""How makers' notes begin that have no offsets, or such as count from their own beginning: they can be put anywhere.
Source: exiftool's MakerNotes.pm, https://exiftool.org/TagNames/MakerNotes.html."""

_JPEG_LIMIT = 65533 - len(exif.PREFIX)
"""Bytes of the largest EXIF block that a segment of a JPEG file holds."""
_LARGE_VALUE = 4096
"""Bytes: longer values are left out of an EXIF block that is too large for a JPEG file."""
_FIRST = len(CLASSIC.header("<", 0))

_NOTE_LEFT_OUT = "the maker's note is left out, as it would point to wrong places in the new file"
_LARGE_LEFT_OUT = "long values of EXIF are left out, as JPEG has no room for them"
_LEFT_OUT = "EXIF is left out, as JPEG has no room for it"


class Described(NamedTuple):
    """An EXIF block, and what had to be left out of it, a phrase each."""

    block: bytes | None = None
    notes: tuple[str, ...] = ()


def describe(found: Exif | None, height: int, width: int) -> Described:
    """The block that belongs to an upright photo of this size.

    Keeps what describes the photograph, sets the orientation to 1 and the size in pixels, and leaves out the thumbnail,
    which shows the old picture.

    Returns:
        No block if there is no EXIF.
    """
    if found is None:
        return Described()
    turned = found.number(ORIENTATION, 1) != 1
    found, notes = without_subject(found) if turned else (found, ())
    main = {tag: value for tag, value in found.main.items() if tag in _DESCRIPTIVE}
    found.set_number(main, ORIENTATION, 1)
    known = found.main.get(EXIF)
    details: Directory = {
        tag: value for tag, value in found.main.items() if tag in _DETAILS and isinstance(value, Value)
    }
    details |= known if isinstance(known, dict) else {}
    if details:
        found.set_number(details, PIXEL_X, width)
        found.set_number(details, PIXEL_Y, height)
        main[EXIF] = details
    described = _movable(Exif(found.order, main), _FIRST)
    return described._replace(notes=notes + described.notes)


def in_srgb(parsed: Exif) -> Exif:
    """The same of a picture whose colours are sRGB's now."""
    details = parsed.main.get(EXIF)
    if not isinstance(details, dict):
        return parsed
    kept = {tag: value for tag, value in details.items() if tag not in (INTEROPERABILITY, _GAMMA)}
    parsed.set_number(kept, _COLOUR_SPACE, _SRGB)
    return replace(parsed, main=parsed.main | {EXIF: kept})


def fit(
    block: bytes | None, height: int, width: int, kind: str, resolution: tuple[float, float] | None = None
) -> Described:
    """The block of a file of a format (``JPEG``, ``PNG``, ``TIFF``, ``WEBP``) whose picture has this size.

    Args:
        block: of the photo.
        height: in pixels.
        width: likewise.
        kind: the format.
        resolution: pixels per inch across and down, for formats that say it in EXIF's tags only.
    """
    found = exif.parse(block) if block else None
    if resolution and (kind == "TIFF" or (kind == "WEBP" and _RESOLUTION[0] not in (found.main if found else {}))):
        found = _with_resolution(found or Exif("<", {}), resolution)
    described = describe(found, height, width)
    parsed = exif.parse(described.block) if described.block else None
    if parsed is None or kind in ("PNG", "WEBP"):
        return described
    if kind == "TIFF":
        return _movable(parsed, MOST_PINNED)  # there EXIF is behind the pixels
    if len(packed(parsed)) <= _JPEG_LIMIT:
        return described
    smaller = packed(replace(parsed, main=_without_large(parsed.main)))
    return Described(smaller, (_LARGE_LEFT_OUT,)) if len(smaller) <= _JPEG_LIMIT else Described(None, (_LEFT_OUT,))


def _with_resolution(parsed: Exif, resolution: tuple[float, float]) -> Exif:
    main = dict(parsed.main)
    for tag, number in zip(_RESOLUTION, resolution, strict=True):
        fraction = Fraction(number).limit_denominator(10_000)
        main[tag] = Value(_RATIONAL, 1, struct.pack(parsed.order + "II", fraction.numerator, fraction.denominator))
    parsed.set_number(main, _UNIT, _INCH)
    return replace(parsed, main=main)


def _movable(parsed: Exif, start: int) -> Described:
    """A block, without a maker's note that could neither be moved nor stay where it is behind ``start``."""
    note, details = maker_note(parsed), parsed.main.get(EXIF)
    if note is None or note.raw.startswith(_SELF_CONTAINED) or start <= note.at < MOST_PINNED:
        return Described(packed(parsed))
    rest = {tag: value for tag, value in details.items() if tag != MAKER_NOTE} if isinstance(details, dict) else {}
    return Described(packed(replace(parsed, main=parsed.main | {EXIF: rest})), (_NOTE_LEFT_OUT,))


def _without_large(directory: Directory) -> Directory:
    kept: Directory = {}
    for tag, value in directory.items():
        if isinstance(value, dict):
            kept[tag] = _without_large(value)
        elif tag != MAKER_NOTE and len(value.raw) <= _LARGE_VALUE:
            kept[tag] = value
    return kept
