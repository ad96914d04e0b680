"""Write a mosaic as a DNG that LibRaw, exiftool and RAW converters read.

Tags: Adobe, Digital Negative Specification 1.7, https://helpx.adobe.com/camera-raw/digital-negative.html.
"""

from __future__ import annotations

from fractions import Fraction
from os import PathLike

import numpy as np
import tifffile

from opticalzoom.errors import PhotoError
from opticalzoom.files import atomic_path
from opticalzoom.photo.colour.srgb import xyz_from_matrix
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.raw.raw_file import RawPhoto

BLACK, WHITE = 2048, 65535
"""Levels written: room below black for noise, the rest for the signal."""
_ASCII, _SHORT, _LONG, _RATIONAL, _SIGNED = 2, 3, 4, 5, 10
_CFA, _D65 = 32803, 21
_Tag = tuple[int, int, int, object, bool]


def write_dng(
    path: str | PathLike[str], raw: RawPhoto, metadata: Metadata | None = None, *, overwrite: bool = False
) -> None:
    """Write a RAW photo as an uncompressed 16-bit DNG, R G / G B, with its white balance, matrix and orientation.

    :func:`~opticalzoom.photo.raw.raw_file.read_raw` gives the same back, the mosaic to 1/63487 of its range.

    Args:
        metadata: camera, lens, time and exposure to write with it.

    Raises:
        OutputExistsError: the file is there and ``overwrite`` is false.
        PhotoError: the disk refuses. No file is left.
    """
    values = np.clip(np.rint(raw.mosaic * (WHITE - BLACK) + BLACK), 0, WHITE).astype(np.uint16)
    tags = _dng_tags(raw, metadata or Metadata()) + _exif_tags(metadata or Metadata())
    with atomic_path(path, overwrite, error=PhotoError) as temporary:
        tifffile.imwrite(
            temporary,
            values,
            photometric=_CFA,
            metadata=None,
            software=False,
            extratags=sorted(tags, key=lambda t: t[0]),
        )


def _dng_tags(raw: RawPhoto, metadata: Metadata) -> list[_Tag]:
    neutral = 1 / raw.white_balance
    camera = metadata.camera or "OpticalZoom"
    return [
        (274, _SHORT, 1, metadata.orientation if metadata.orientation != 1 else raw.orientation, True),
        (33421, _SHORT, 2, (2, 2), True),  # CFARepeatPatternDim
        (33422, 1, 4, bytes((0, 1, 1, 2)), True),  # CFAPattern
        (50706, 1, 4, bytes((1, 4, 0, 0)), True),  # DNGVersion
        (50707, 1, 4, bytes((1, 1, 0, 0)), True),  # DNGBackwardVersion
        _text(50708, camera),  # UniqueCameraModel
        (50714, _LONG, 1, BLACK, True),
        (50717, _LONG, 1, WHITE, True),
        _rationals(50721, xyz_from_matrix(raw.matrix).flatten(), _SIGNED),  # ColorMatrix1
        _rationals(50728, neutral),  # AsShotNeutral
        (50778, _SHORT, 1, _D65, True),  # CalibrationIlluminant1
    ]


def _exif_tags(metadata: Metadata) -> list[_Tag]:
    """In the main directory, as TIFF/EP has them: tifffile writes no directory of EXIF."""
    tags: list[_Tag] = []
    make, _, model = (metadata.camera or "OpticalZoom mosaic").partition(" ")
    texts = {271: make, 272: model or make, 42036: metadata.lens}
    if metadata.time:
        texts[36867] = f"{metadata.time:%Y:%m:%d %H:%M:%S}"
        texts[37521] = f"{metadata.time.microsecond:06}"
    tags += [_text(code, text) for code, text in texts.items() if text]
    numbers = {33434: metadata.exposure_time, 33437: metadata.f_number, 37386: metadata.focal_length}
    tags += [_rationals(code, np.array([number])) for code, number in numbers.items() if number]
    shorts = {34855: metadata.iso, 41989: metadata.focal_length_35mm}
    return tags + [(code, _SHORT, 1, round(number), True) for code, number in shorts.items() if number]


def _text(code: int, text: str) -> _Tag:
    encoded = text.encode("ascii", errors="replace") + b"\0"
    return code, _ASCII, len(encoded), encoded, True


def _rationals(code: int, numbers: np.ndarray, kind: int = _RATIONAL) -> _Tag:
    fractions = [Fraction(float(number)).limit_denominator(1_000_000) for number in numbers]
    flat = tuple(part for fraction in fractions for part in (fraction.numerator, fraction.denominator))
    return code, kind, len(fractions), flat, True
