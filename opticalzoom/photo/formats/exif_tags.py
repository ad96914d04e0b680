"""EXIF tags of photos and RAW files, found in the first kilobytes of each kind of file.

Pillow parses the EXIF directories, of JPEG, PNG, WebP and TIFF as of RAW files, most of which are TIFFs inside: ARW,
CR2, DNG, NEF, PEF, and ORF and RW2 but for the number that marks a TIFF. RAF holds a JPEG, and CR3 bare directories in
the boxes of an MP4 (https://github.com/lclevy/canon_cr3). HEIF's is found by libvips. Makers' notes are not read.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from opticalzoom.photo.exif import without_prefix
from opticalzoom.photo.formats.heif import is_heif, open_header

Tags = dict[int, Any]
Reader = Callable[[BinaryIO], Tags]

_BASE = ExifTags.Base
TIMES = (
    (_BASE.DateTimeOriginal, _BASE.SubsecTimeOriginal, _BASE.OffsetTimeOriginal),
    (_BASE.DateTimeDigitized, _BASE.SubsecTimeDigitized, _BASE.OffsetTimeDigitized),
    (_BASE.DateTime, _BASE.SubsecTime, _BASE.OffsetTime),
)
"""Tags of a time, its fraction and its time zone; the moment of exposure first."""
_WANTED = (
    *(_BASE.Make, _BASE.Model, _BASE.LensModel, _BASE.Orientation),
    *(_BASE.FocalLength, _BASE.FocalLengthIn35mmFilm, _BASE.DigitalZoomRatio),
    *(_BASE.ExposureTime, _BASE.FNumber, _BASE.ISOSpeedRatings),
    *(tag for tags in TIMES for tag in tags),
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


def read_tags(file: BinaryIO) -> Tags | None:
    """The tags of a photo's or RAW file's EXIF, as Pillow parses them; empty if there is none or it is damaged.

    Args:
        file: opened for reading, at its first byte.

    Returns:
        Tag -> value; None for a file of another kind.

    Raises:
        OSError: the file cannot be read.
    """
    read = _reader(file.read(16))
    if read is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read(file)
        except Exception:  # Pillow raises every class there is on damaged EXIF
            return {}


def _reader(head: bytes) -> Reader | None:
    """The function that reads the tags of a file with these first bytes; None for a file of another kind."""
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
    return _read_tiff(io.BytesIO(without_prefix(block)))


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
    tags = _read_tiff(io.BytesIO(without_prefix(bytes(open_header(file).get("exif-data")))))
    return {tag: value for tag, value in tags.items() if tag != _BASE.Orientation}  # decoders turn it upright


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Name, and begin and end of the content, of each box (ISO/IEC 14496-12) between two offsets."""
    while start + 8 <= end:
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        if size < 8:  # the box reaches to the end of the file, or has over 4 GB: no box with tags follows
            return
        yield name, (start + 8, start + size)
        start += size


_MARKS: dict[bytes, Reader] = {
    b"\xff\xd8\xff": partial(_read_picture, JpegImageFile),
    b"\x89PNG\r\n\x1a\n": partial(_read_picture, PngImageFile),
    b"RIFF": partial(_read_picture, WebPImageFile),
}
