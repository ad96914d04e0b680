"""What the camera wrote about a photograph: focal length, time, camera, exposure; its pixels are not looked at."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from os import PathLike

from PIL import ExifTags

from opticalzoom.errors import PhotoError
from opticalzoom.photo.carried.contents import Carried
from opticalzoom.photo.carried.found import read_carried
from opticalzoom.photo.exif import Exif

_BASE = ExifTags.Base
_TIMES = (
    (_BASE.DateTimeOriginal, _BASE.SubsecTimeOriginal, _BASE.OffsetTimeOriginal),
    (_BASE.DateTimeDigitized, _BASE.SubsecTimeDigitized, _BASE.OffsetTimeDigitized),
    (_BASE.DateTime, _BASE.SubsecTime, _BASE.OffsetTime),
)
"""Tags of a time, its fraction and its time zone; the moment of exposure first."""


@dataclass(frozen=True)
class Metadata:
    """What is known of a photograph; None where the file doesn't say.

    Attributes:
        camera: make and model.
        lens: model of the lens; phones name one of their cameras.
        focal_length: mm.
        focal_length_35mm: mm of the lens that has the same field of view on 36×24 mm film, rounded by the camera.
        time: when it was taken by the camera's clock, with its fraction of a second and its time zone where written.
        orientation: 1 to 8 as in EXIF; 1 is upright.
        exposure_time: seconds.
        f_number: focal length over aperture.
        iso: sensitivity.
        digital_zoom: by how much the camera enlarged a crop of what the lens showed; 1 or None if it didn't.
    """

    camera: str | None = None
    lens: str | None = None
    focal_length: float | None = None
    focal_length_35mm: float | None = None
    time: datetime | None = None
    orientation: int = 1
    exposure_time: float | None = None
    f_number: float | None = None
    iso: int | None = None
    digital_zoom: float | None = None


def read_metadata(path: str | PathLike[str]) -> Metadata:
    """Read the metadata of a JPEG, PNG, WebP, TIFF, HEIC, AVIF or RAW (ARW, CR3, DNG, NEF, RAF, ...) file.

    Pixels aren't looked at. EXIF that is missing or damaged gives empty fields.

    Raises:
        PhotoError: the file is missing, cannot be read, or its content is no photograph of these kinds.
    """
    carried = read_carried(path)
    if carried is None:
        raise PhotoError("holds no photo of a kind known here.", path=path, remedy="Copy it again, or convert it.")
    return _metadata(carried)


def _metadata(carried: Carried) -> Metadata:
    exif = carried.exif or Exif("<", {})
    iso = _positive(exif, _BASE.ISOSpeedRatings)
    return Metadata(
        camera=_camera(exif.text(_BASE.Make), exif.text(_BASE.Model)),
        lens=exif.text(_BASE.LensModel),
        focal_length=_positive(exif, _BASE.FocalLength),
        focal_length_35mm=_positive(exif, _BASE.FocalLengthIn35mmFilm),
        time=next(filter(None, (_time(*map(exif.text, names)) for names in _TIMES)), None),
        orientation=carried.orientation,
        exposure_time=_positive(exif, _BASE.ExposureTime),
        f_number=_positive(exif, _BASE.FNumber),
        iso=int(iso) if iso else None,
        digital_zoom=_positive(exif, _BASE.DigitalZoomRatio),
    )


def _camera(make: str | None, model: str | None) -> str | None:
    """``SONY ILCE-7RM2``, but ``NIKON D5500`` and not ``NIKON CORPORATION NIKON D5500``."""
    if make and model and model.lower().startswith(make.split()[0].lower()):
        return model
    return " ".join(filter(None, (make, model))) or None


def _positive(exif: Exif, tag: int) -> float | None:
    """The (first) number of a tag, or None for what cameras write when they don't know: 0, 0/0, nothing."""
    value = exif.find(tag)
    number = next(iter(value.numbers(exif.order)), 0.0) if value else 0.0
    return number if math.isfinite(number) and number > 0 else None


def _time(stamp: str | None, fraction: str | None, zone: str | None) -> datetime | None:
    try:
        time = datetime.strptime(stamp or "", "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    digits = fraction or ""
    if digits.isdecimal():
        time = time.replace(microsecond=int(digits[:6].ljust(6, "0")))
    with suppress(ValueError):
        time = time.replace(tzinfo=datetime.strptime(zone or "", "%z").tzinfo)
    return time
