"""Values of EXIF that count pixels of the old picture: where the subject is, and pixels per length on the sensor."""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from fractions import Fraction

from opticalzoom.photo import exif
from opticalzoom.photo.carried.packing import packed
from opticalzoom.photo.exif import EXIF, Directory, Exif, Value
from opticalzoom.photo.window import Window

_SUBJECT = (0x9214, 0xA214)
"""SubjectArea (x, y of its middle; then its diameter, or its width and height) and SubjectLocation (x, y)."""
_ON_SENSOR = {0xA20E: 1, 0xA20F: 0}
"""FocalPlaneXResolution and FocalPlaneYResolution, and whether they lie along columns or rows."""
_SHORT, _RATIONAL = 3, 5
_LARGEST = 2**32 - 1

SUBJECT_LEFT_OUT = "the place of the subject in EXIF is left out, as it lies elsewhere in what was turned or cropped"


def without_subject(parsed: Exif) -> tuple[Exif, tuple[str, ...]]:
    """The same without the place of the subject, and what there is to say."""
    details = parsed.main.get(EXIF)
    if not isinstance(details, dict) or not details.keys() & {*_SUBJECT}:
        return parsed, ()
    rest = {tag: value for tag, value in details.items() if tag not in _SUBJECT}
    return replace(parsed, main=parsed.main | {EXIF: rest}), (SUBJECT_LEFT_OUT,)


def zoomed_exif(block: bytes | None, crop: Window, size: tuple[int, int]) -> tuple[bytes | None, tuple[str, ...]]:
    """The block of a zoomed part of an upright photo, and what of it no longer holds, a phrase each.

    Args:
        block: of the photo.
        crop: the part.
        size: height and width of the result.
    """
    parsed = exif.parse(block) if block else None
    details = parsed.main.get(EXIF) if parsed else None
    if parsed is None or not isinstance(details, dict) or not details.keys() & {*_SUBJECT, *_ON_SENSOR}:
        return block, ()
    scales = size[0] / crop.shape[0], size[1] / crop.shape[1]
    new: Directory = {}
    for tag, value in details.items():
        counted = _counted(tag, value, parsed.order, crop, scales) if isinstance(value, Value) else value
        if counted is not None:
            new[tag] = counted
    lost = details.keys() - new.keys()
    return packed(replace(parsed, main=parsed.main | {EXIF: new})), (SUBJECT_LEFT_OUT,) if lost else ()


def _counted(tag: int, value: Value, order: str, crop: Window, scales: tuple[float, float]) -> Value | None:
    """A value counted anew; None if it lies outside."""
    numbers = value.numbers(order)
    if not all(map(math.isfinite, numbers)):
        return value
    if tag in _ON_SENSOR and len(numbers) == 1 and numbers[0] > 0:
        fraction = Fraction(numbers[0] * scales[_ON_SENSOR[tag]]).limit_denominator(10_000)
        if fraction.numerator <= _LARGEST:
            return Value(_RATIONAL, 1, struct.pack(order + "II", fraction.numerator, fraction.denominator))
    if tag not in _SUBJECT or len(numbers) < 2:
        return value
    middle = [(numbers[0] - crop.columns.start) * scales[1], (numbers[1] - crop.rows.start) * scales[0]]
    extent = [number * scale for number, scale in zip(numbers[2:], scales[::-1], strict=False)]
    shorts = [round(number) for number in (*middle, *extent)]
    within = all(
        0 <= one <= side * scale for one, side, scale in zip(shorts, crop.shape[::-1], scales[::-1], strict=False)
    )
    if not within or min(shorts) < 0 or max(shorts) > 2**16 - 1:
        return None
    return Value(_SHORT, len(shorts), struct.pack(f"{order}{len(shorts)}H", *shorts))
