"""How large a photograph is, from what stands before the pixels."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import rawpy

from opticalzoom.errors import PhotoError
from opticalzoom.photo.formats.heif import BRANDS, is_heif, open_header
from opticalzoom.photo.formats.vips import decoding, open_picture
from opticalzoom.photo.orientation import upright_size
from opticalzoom.photo.raw.raw_file import is_raw, raw_orientation


def read_size(path: str | PathLike[str]) -> tuple[int, int]:
    """Height and width of a photo or RAW file when it's upright; of a RAW file perhaps two pixels too large.

    Raises:
        PhotoError: the file is missing, damaged, or of another kind.
    """
    path = Path(path)
    if is_raw(path):
        return _raw_size(path)
    with decoding(path), path.open("rb") as file:
        if is_heif(file.read(BRANDS)):
            image = open_header(file)
            return image.height, image.width
    picture = open_picture(path)
    return upright_size(picture.image.height, picture.image.width, picture.orientation)


def _raw_size(path: Path) -> tuple[int, int]:
    try:
        with path.open("rb") as file, rawpy.imread(file) as raw:
            return upright_size(raw.sizes.height, raw.sizes.width, raw_orientation(raw, path))
    except (OSError, rawpy.LibRawError) as error:
        raise PhotoError("its size cannot be read.", path=path, remedy="Copy it again from the card.") from error
