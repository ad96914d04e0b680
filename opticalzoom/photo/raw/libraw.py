"""LibRaw, which decodes RAW files, through rawpy; what it finds wrong becomes our errors.

LibRaw counts most of what it finds damaged. But some of its decoders take what lies behind the end of a file that is
cut short for pixels: whether a picture depends on that is found out by putting something there. https://letmaik.github.io/rawpy/api/
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

import rawpy
from PIL.JpegImagePlugin import JpegImageFile

from opticalzoom.errors import PhotoError
from opticalzoom.photo.formats.native_output import silenced
from opticalzoom.photo.formats.photo_file import open_file, unreadable

RAW_SUFFIXES = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw"),
    *(".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw"),
    *(".fff", ".gpr", ".x3f"),
)
"""Suffixes (lower case) of RAW files; what is inside is for LibRaw to find out."""
COPY_AGAIN = "Copy it again from the card if it may be damaged or cut short."
_JPEG = b"\xff\xd8\xff"
_BEHIND = (b"\x5a" * 64, b"\xa5" * 64)
"""What is put behind the end of a file. It is short, as LibRaw tells some cameras by the size of their files."""
_DAMAGED = -1
_MOST_PER_BYTE = 8
"""Pixels of a mosaic that a byte of its file holds at most: codes without loss have a bit or more for each."""


def is_raw(path: str | PathLike[str]) -> bool:
    """Whether a file is read as RAW: by its suffix, but for a JPEG under such a name."""
    path = Path(path)
    return path.suffix.lower() in RAW_SUFFIXES and not _is_jpeg(path)


def _is_jpeg(path: Path) -> bool:
    try:
        with open_file(path) as file:
            if file.read(len(_JPEG)) != _JPEG:
                return False
            file.seek(0)
            with JpegImageFile(file):
                return True
    except Exception:  # Pillow raises every class there is; reading the file will tell what is wrong
        return False


@contextmanager
def opened(path: Path) -> Iterator[rawpy.RawPy]:
    """A RAW file of which the head has been read.

    Raises:
        PhotoError: the file is missing, cannot be read or is no RAW file; also for what LibRaw raises in the block.
    """
    with _blaming(path), rawpy.imread(io.BytesIO(_content(path))) as raw:
        yield raw


@contextmanager
def unpacked(path: Path) -> Iterator[rawpy.RawPy]:
    """A RAW file of which the mosaic has been decoded, all of it.

    Raises:
        PhotoError: as :func:`opened`, and the file is damaged or cut short.
    """
    with _blaming(path):
        data = _content(path)
        with rawpy.imread(io.BytesIO(data)) as raw:
            rows, columns = raw.sizes.raw_height, raw.sizes.raw_width
            if rows * columns > _MOST_PER_BYTE * len(data):
                cause = f"is cut short: {len(data):,} bytes cannot hold {columns}×{rows} pixels."
                raise PhotoError(cause, path=path, remedy=COPY_AGAIN)
            raw.unpack()
            if _goes_on_behind(data, _checksum(raw)):
                raise PhotoError("is cut short: its pixels go on behind its end.", path=path, remedy=COPY_AGAIN)
            yield raw


def _content(path: Path) -> bytes:
    if path.is_dir() or not path.exists():
        cause = "is a folder, expected a RAW file." if path.is_dir() else "is not there."
        raise PhotoError(cause, path=path, remedy="Check the name.")
    with open_file(path) as file:
        return file.read()


def _goes_on_behind(data: bytes, pixels: int) -> bool:
    """Whether the pixels of a RAW file, of which the checksum is given, depend on what lies behind its end."""
    first = _pixels(data + _BEHIND[0])
    if first in (pixels, None):
        return False
    # A file of another size may be read in another way; two of one size are not.
    return first == _DAMAGED or _pixels(data + _BEHIND[1]) != first


def _pixels(data: bytes) -> int | None:
    """Checksum of the mosaic, or :data:`_DAMAGED`; None if this is no RAW file."""
    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            raw.unpack()
            return _checksum(raw)
    except (rawpy.LibRawDataError, rawpy.LibRawIOError):
        return _DAMAGED
    except rawpy.LibRawError:
        return None


def _checksum(raw: rawpy.RawPy) -> int:
    return zlib.crc32(raw.raw_image.data)


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    try:
        with silenced():
            yield
    except OSError as error:
        raise unreadable(error, path) from error
    except rawpy.LibRawFileUnsupportedError as error:
        raise PhotoError("is no RAW file that is known here.", path=path, remedy=COPY_AGAIN) from error
    except (rawpy.LibRawError, RuntimeError) as error:  # the latter of what rawpy has no array for
        raise PhotoError(f"cannot be decoded: {_text(error)}.", path=path, remedy=COPY_AGAIN) from error


def _text(error: Exception) -> str:
    """LibRaw's own words, which rawpy hands over as bytes."""
    words = error.args[0] if error.args else type(error).__name__
    return words.decode(errors="replace") if isinstance(words, bytes) else str(words)
