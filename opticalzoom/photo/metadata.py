"""What the camera wrote about a photograph: focal length, time, camera, exposure; from the first kilobytes of the file.

Pillow parses the EXIF directories, of JPEG, PNG, WebP and TIFF as of RAW files, most of which are TIFFs inside: ARW,
CR2, DNG, NEF, PEF, and ORF and RW2 but for the number that marks a TIFF. RAF holds a JPEG, and CR3 bare directories in
the boxes of an MP4 (https://github.com/lclevy/canon_cr3). HEIF's is found by libvips. Makers' notes are not read.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from opticalzoom.errors import PhotoError
from opticalzoom.photo.formats.heif import is_heif, open_header

Tags = dict[int, Any]
Reader = Callable[[BinaryIO], Tags]

_BASE = ExifTags.Base
_TIMES = (
    (_BASE.DateTimeOriginal, _BASE.SubsecTimeOriginal, _BASE.OffsetTimeOriginal),
    (_BASE.DateTimeDigitized, _BASE.SubsecTimeDigitized, _BASE.OffsetTimeDigitized),
    (_BASE.DateTime, _BASE.SubsecTime, _BASE.OffsetTime),
)
"""Tags of a time, its fraction and its time zone; the moment of exposure first."""
_WANTED = (
    *(_BASE.Make, _BASE.Model, _BASE.LensModel, _BASE.Orientation),
    *(_BASE.FocalLength, _BASE.FocalLengthIn35mmFilm, _BASE.ExposureTime, _BASE.FNumber, _BASE.ISOSpeedRatings),
    *(tag for tags in _TIMES for tag in tags),
)
_TIFF_MARKS = (b"II*\0", b"MM\0*", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
"""TIFF in both byte orders; Olympus' three, and Panasonic's."""
_RAF, _CR3 = b"FUJIFILMCCD-RAW", b"ftypcrx "
_RAF_JPEG = 84
"""Where a RAF file says where its JPEG begins; big-endian."""
_CR3_PATH = (b"moov", b"uuid")
_CR3_TAGS = (b"CMT1", b"CMT2")
"""Boxes that hold the main directory and that of EXIF."""
_UUID = 16
"""Bytes of the identifier at the beginning of a uuid box."""


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


def read_metadata(path: str | PathLike[str]) -> Metadata:
    """Read the metadata of a JPEG, PNG, WebP, TIFF, HEIC, AVIF or RAW (ARW, CR3, DNG, NEF, RAF, ...) file.

    Pixels aren't looked at. EXIF that is missing or damaged gives empty fields.

    Raises:
        PhotoError: the file is missing, cannot be read, or its content is no photograph of these kinds.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            read = _reader(file.read(16))
            tags = _guarded(read, file) if read else {}
    except OSError as error:
        reason = error.strerror or str(error)
        raise PhotoError(
            f"cannot be read: {reason}.", path=path, remedy="Check the name and its permissions."
        ) from error
    if read is None:
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
    return exif.tobytes().removeprefix(b"Exif\0\0")


def _guarded(read: Reader, file: BinaryIO) -> Tags:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read(file)
        except Exception:  # Pillow raises every class there is on damaged EXIF
            return {}


def _reader(head: bytes) -> Reader | None:
    """What reads a file that begins so."""
    if head.startswith(_RAF):
        return _read_raf
    if head[4:12] == _CR3:
        return _read_cr3
    if is_heif(head):
        return _read_heif
    if head[:4] in _TIFF_MARKS:
        return _read_tiff
    if head[:4] == b"RIFF" and head[8:12] != b"WEBP":
        return None
    return next((reader for mark, reader in _MARKS.items() if head.startswith(mark)), None)


def _read_tiff(stream: BinaryIO) -> Tags:
    """Tags of the main directory and of EXIF's; offsets in them count from the beginning of the stream."""
    stream.seek(0)
    head = stream.read(8)
    exif = Image.Exif()
    # Said here rather than left to Pillow, which refuses Olympus' and Panasonic's marks.
    exif.endian = "<" if head.startswith(b"II") else ">"
    exif.load_from_fp(stream, *struct.unpack(f"{exif.endian}I", head[4:]))
    return _wanted(exif) | _wanted(exif.get_ifd(ExifTags.IFD.Exif))


def _wanted(directory: Mapping[int, Any]) -> Tags:
    found: Tags = {}
    for tag in _WANTED:
        with suppress(Exception):  # one bad value; the others may be good
            found[tag] = directory[tag]
    return found


def _read_picture(plugin: type[ImageFile], stream: BinaryIO) -> Tags:
    stream.seek(0)
    # The plugin itself, as Image.open() refuses 200 megapixels.
    with plugin(stream) as picture:
        block = picture.info.get("exif", b"")
    return _read_tiff(io.BytesIO(block.removeprefix(b"Exif\0\0")))


def _read_raf(file: BinaryIO) -> Tags:
    file.seek(_RAF_JPEG)
    offset, length = struct.unpack(">II", file.read(8))
    file.seek(offset)
    return _read_picture(JpegImageFile, io.BytesIO(file.read(length)))


def _read_cr3(file: BinaryIO) -> Tags:
    start, end = 0, file.seek(0, io.SEEK_END)
    for name in _CR3_PATH:
        start, end = dict(_boxes(file, start, end))[name]
    boxes = dict(_boxes(file, start + _UUID, end))
    tags: Tags = {}
    for name in _CR3_TAGS:
        begin, stop = boxes[name]
        file.seek(begin)
        tags |= _read_tiff(io.BytesIO(file.read(stop - begin)))
    return tags


def _read_heif(file: BinaryIO) -> Tags:
    tags = _read_tiff(io.BytesIO(bytes(open_header(file).get("exif-data")).removeprefix(b"Exif\0\0")))
    return {tag: value for tag, value in tags.items() if tag != _BASE.Orientation}  # decoders turn it upright


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Name, and begin and end of the content, of each box (ISO/IEC 14496-12) between two offsets."""
    while start + 8 <= end:
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        if size < 8:  # to the end of the file, or of more than 4 GB: nothing of ours comes behind
            return
        yield name, (start + 8, start + size)
        start += size


_MARKS: dict[bytes, Reader] = {
    b"\xff\xd8\xff": partial(_read_picture, JpegImageFile),
    b"\x89PNG\r\n\x1a\n": partial(_read_picture, PngImageFile),
    b"RIFF": partial(_read_picture, WebPImageFile),
}


def _metadata(tags: Tags) -> Metadata:
    iso = _positive(tags.get(_BASE.ISOSpeedRatings))
    orientation = tags.get(_BASE.Orientation)
    return Metadata(
        camera=_camera(_text(tags.get(_BASE.Make)), _text(tags.get(_BASE.Model))),
        lens=_text(tags.get(_BASE.LensModel)),
        focal_length=_positive(tags.get(_BASE.FocalLength)),
        focal_length_35mm=_positive(tags.get(_BASE.FocalLengthIn35mmFilm)),
        time=next(filter(None, (_time(*map(tags.get, names)) for names in _TIMES)), None),
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        exposure_time=_positive(tags.get(_BASE.ExposureTime)),
        f_number=_positive(tags.get(_BASE.FNumber)),
        iso=int(iso) if iso else None,
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
