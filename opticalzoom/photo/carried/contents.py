"""What was found in a file besides its pixels, and what follows from it."""

from __future__ import annotations

import re
from typing import NamedTuple

from opticalzoom.photo.carried.kept import Kept
from opticalzoom.photo.colour.told import ADOBE_RGB, ToldColour
from opticalzoom.photo.exif import EXIF, INTEROPERABILITY, ORIENTATION, Exif, Value
from opticalzoom.photo.orientation import ORIENTATIONS

_XMP_ORIENTATION = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([1-8])\s*[\"'<]")
_X_RESOLUTION, _Y_RESOLUTION, _UNIT = 0x011A, 0x011B, 0x0128
_INCH, _CENTIMETRE = 2, 3
_INDEX = 1


class Carried(NamedTuple):
    """What a file carries besides pixels; None where it has none.

    Attributes:
        exif: its EXIF.
        kept: what else goes into the file that is made of it.
        colour: what it tells of its colours by other means than a profile; None if it has one or tells nothing.
        turned: whether decoders turn the picture upright themselves, whatever EXIF and XMP say.
        notes: what of the file is not taken, a phrase each.
    """

    exif: Exif | None = None
    kept: Kept = Kept()
    colour: ToldColour | None = None
    turned: bool = False
    notes: tuple[str, ...] = ()

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
        found = _XMP_ORIENTATION.search(self.kept.xmp.replace(b"\0", b"")) if self.kept.xmp else None
        return int(found[1]) if found else None


def per_inch(across: float, down: float, unit: int) -> tuple[float, float] | None:
    """Pixels per inch; None for what has no unit of length, or makes no sense."""
    factor = {_INCH: 1.0, _CENTIMETRE: 2.54}.get(unit, 0.0)
    sensible = all(0 < number * factor < 1e6 for number in (across, down))
    return (across * factor, down * factor) if sensible else None


def resolution_of(parsed: Exif | None) -> tuple[float, float] | None:
    """Pixels per inch across and down, as EXIF's main directory tells."""
    if parsed is None:
        return None
    values = (parsed.main.get(_X_RESOLUTION), parsed.main.get(_Y_RESOLUTION))
    across, down = ([*value.numbers(parsed.order), 0.0][0] if isinstance(value, Value) else 0.0 for value in values)
    return per_inch(across, down, parsed.number(_UNIT, _INCH))


def told_by_exif(parsed: Exif | None) -> ToldColour | None:
    """Adobe RGB as cameras say it (CIPA DC-010); sRGB is what is assumed without a word."""
    details = parsed.main.get(EXIF) if parsed else None
    interoperability = details.get(INTEROPERABILITY) if isinstance(details, dict) else None
    index = interoperability.get(_INDEX) if isinstance(interoperability, dict) else None
    return ADOBE_RGB if isinstance(index, Value) and index.text() == "R03" else None
