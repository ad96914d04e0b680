"""How large a photograph is, from the first kilobytes of its file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import BinaryIO

import rawpy
import tifffile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from opticalzoom.errors import PhotoError
from opticalzoom.photo.metadata import read_metadata
from opticalzoom.photo.raw import is_raw

_PLUGINS: dict[bytes, type[ImageFile]] = {b"\xff\xd8": JpegImageFile, b"\x89P": PngImageFile, b"RI": WebPImageFile}
"""By how a file begins; not through Image.open(), which refuses 200 megapixels."""
_ORIENTATION_TAG = 274


def read_size(path: str | PathLike[str]) -> tuple[int, int]:
    """Height and width of a photo or RAW file when it's upright; of a RAW file perhaps two pixels too large.

    Raises:
        PhotoError: the file is missing, damaged, or of another kind.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            height, width, orientation = _raw_size(file) if is_raw(path) else _photo_size(file)
        if orientation is None:
            orientation = read_metadata(path).orientation
    except Exception as error:  # decoders raise every class there is on damaged files
        raise PhotoError(f"its size cannot be read ({error}).", path=path, remedy="Copy it again.") from error
    return (width, height) if orientation > 4 else (height, width)


def _raw_size(file: BinaryIO) -> tuple[int, int, int]:
    with rawpy.imread(file) as raw:
        return raw.sizes.height, raw.sizes.width, raw.sizes.flip if raw.sizes.flip > 4 else 1


def _photo_size(file: BinaryIO) -> tuple[int, int, int | None]:
    head = file.read(2)
    file.seek(0)
    if head in (b"II", b"MM"):
        with tifffile.TiffFile(file) as tiff:
            page = tiff.pages.first
            return page.imagelength, page.imagewidth, page.tags.valueof(_ORIENTATION_TAG) or 1
    with _PLUGINS[head](file) as picture:
        return picture.height, picture.width, None
