"""What the camera wrote about a photograph: focal length, time, camera, exposure; its pixels are not looked at."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from opticalzoom.errors import PhotoError
from opticalzoom.photo.exif import without_prefix
from opticalzoom.photo.formats.exif_tags import TIMES, Tags, read_tags

_BASE = ExifTags.Base


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
    path = Path(path)
    try:
        with path.open("rb") as file:
            tags = read_tags(file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise PhotoError(
            f"cannot be read: {reason}.", path=path, remedy="Check the name and its permissions."
        ) from error
    if tags is None:
        raise PhotoError("holds no photo of a kind known here.", path=path, remedy="Copy it again, or convert it.")
    return _metadata(tags)


def exif_of(metadata: Metadata) -> bytes:
    """An EXIF block (TIFF-structured) that says the same, of an upright picture: for what is made from a RAW file."""
    exif = Image.Exif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    camera = metadata.camera or ""
    main: Tags = {_BASE.Make: camera.split(" ")[0], _BASE.Model: camera, _BASE.Orientation: 1}
    sub: Tags = {
        _BASE.LensModel: metadata.lens,
        _BASE.FocalLength: metadata.focal_length,
        _BASE.FocalLengthIn35mmFilm: round(metadata.focal_length_35mm or 0),
        _BASE.ExposureTime: metadata.exposure_time,
        _BASE.FNumber: metadata.f_number,
        _BASE.ISOSpeedRatings: metadata.iso,
    }
    if metadata.time:
        stamp, fraction, zone = metadata.time.strftime("%Y:%m:%d %H:%M:%S|%f|%z").split("|")
        sub |= {_BASE.DateTimeOriginal: stamp, _BASE.SubsecTimeOriginal: fraction}
        sub[_BASE.OffsetTimeOriginal] = f"{zone[:3]}:{zone[3:5]}" if zone else None
    exif.update({tag: value for tag, value in main.items() if value})
    details.update({tag: value for tag, value in sub.items() if value})
    return without_prefix(exif.tobytes())


def _metadata(tags: Tags) -> Metadata:
    iso = _positive(tags.get(_BASE.ISOSpeedRatings))
    orientation = tags.get(_BASE.Orientation)
    return Metadata(
        camera=_camera(_text(tags.get(_BASE.Make)), _text(tags.get(_BASE.Model))),
        lens=_text(tags.get(_BASE.LensModel)),
        focal_length=_positive(tags.get(_BASE.FocalLength)),
        focal_length_35mm=_positive(tags.get(_BASE.FocalLengthIn35mmFilm)),
        time=next(filter(None, (_time(*map(tags.get, names)) for names in TIMES)), None),
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        exposure_time=_positive(tags.get(_BASE.ExposureTime)),
        f_number=_positive(tags.get(_BASE.FNumber)),
        iso=int(iso) if iso else None,
        digital_zoom=_positive(tags.get(_BASE.DigitalZoomRatio)),
    )


def _camera(make: str | None, model: str | None) -> str | None:
    """``SONY ILCE-7RM2``, but ``NIKON D5500`` and not ``NIKON CORPORATION NIKON D5500``."""
    if make and model and model.lower().startswith(make.split()[0].lower()):
        return model
    return " ".join(filter(None, (make, model))) or None


def _text(value: object) -> str | None:
    return value.strip("\0 ") or None if isinstance(value, str) else None


def _positive(value: Any) -> float | None:
    """The (first) number, or None for what cameras write when they don't know: 0, 0/0, nothing."""
    try:
        number = float(value[0] if isinstance(value, tuple) else value)
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _time(stamp: object, fraction: object, zone: object) -> datetime | None:
    try:
        time = datetime.strptime(_text(stamp) or "", "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    digits = _text(fraction) or ""
    if digits.isdecimal():
        time = time.replace(microsecond=int(digits[:6].ljust(6, "0")))
    with suppress(ValueError):
        time = time.replace(tzinfo=datetime.strptime(_text(zone) or "", "%z").tzinfo)
    return time
