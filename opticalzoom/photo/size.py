"""How large a photograph is, from what stands before the pixels."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from opticalzoom.photo.formats.heif import BRANDS, is_heif, open_header
from opticalzoom.photo.formats.photo_file import open_file
from opticalzoom.photo.formats.vips import decoding, open_picture
from opticalzoom.photo.orientation import upright_size
from opticalzoom.photo.raw.libraw import is_raw, opened
from opticalzoom.photo.raw.raw_file import raw_orientation


def read_size(path: str | PathLike[str]) -> tuple[int, int]:
    """Height and width of a photo or RAW file when it's upright; of a RAW file perhaps two pixels too large.

    Raises:
        PhotoError: the file is missing, damaged, or of another kind.
    """
    path = Path(path)
    if is_raw(path):
        return _raw_size(path)
    with decoding(path), open_file(path) as file:
        if is_heif(file.read(BRANDS)):
            image = open_header(file)
            return image.height, image.width
    picture = open_picture(path)
    return upright_size(picture.image.height, picture.image.width, picture.orientation)


def _raw_size(path: Path) -> tuple[int, int]:
    with opened(path) as raw:
        return upright_size(raw.sizes.height, raw.sizes.width, raw_orientation(raw, path))
