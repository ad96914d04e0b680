"""HEIC, HIF and AVIF files. The library that decodes AVIF leaves out HEVC; pillow-heif, an extra, has it.

Decoders turn the picture upright as the container says; an orientation in the EXIF block says the same once more, or
nothing that counts (ISO/IEC 23008-12).
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import pyvips

from opticalzoom.errors import DependencyError
from opticalzoom.photo.formats.photo_file import check_size, open_file

HEIF_SUFFIXES = (".heic", ".heif", ".hif", ".avif")
"""Suffixes (lower case) of files that are read and not written."""
BRANDS = 64
"""Bytes at the beginning of a file that tell its kind."""

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif")


_PRIMARY = "only the first of its pictures is taken"


class HeifPicture(NamedTuple):
    """An upright picture: 8 or 16 bits, ten and twelve stretched to them, with its profile."""

    image: pyvips.Image
    icc: bytes | None
    notes: tuple[str, ...] = ()


def is_heif(head: bytes) -> bool:
    """Whether a file that begins so is HEIF (or AVIF), by its box of brands, which MP4 and CR3 have too."""
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS


def is_avif(head: bytes) -> bool:
    """Whether its pictures are coded as AV1."""
    return is_heif(head) and b"avif" in head


def open_header(file: BinaryIO) -> pyvips.Image:
    """The upright picture without its pixels, HEVC or not: size, ``exif-data``, ``icc-profile-data``."""
    file.seek(0)
    return pyvips.Image.heifload_source(pyvips.Source.new_from_descriptor(file.fileno()))


def stretched(image: pyvips.Image, bits: int) -> pyvips.Image:
    """Samples of ``bits`` at the top of 16, so that the largest is 65535."""
    return (
        (image * (65535 / (65536 - 2 ** (16 - bits)))).rint().cast("ushort").copy(interpretation=image.interpretation)
    )


def open_hevc(path: Path) -> HeifPicture:
    """Decode the primary picture of a HEIC or HIF file.

    Raises:
        DependencyError: pillow-heif is not installed.
        Exception: of several classes, for damaged files.
    """
    try:
        import pillow_heif  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DependencyError(
            "HEIC needs pillow-heif.", path=path, remedy='Install it with: pip install "opticalzoom[heif]"'
        ) from error
    with open_file(path) as file:
        picture = pillow_heif.open_heif(file, convert_hdr_to_8bit=False)
        bits, several = picture.info["bit_depth"], len(picture) > 1
        check_size(path, picture.size[1], picture.size[0], len(picture.mode.split(";")[0]) * (1 if bits == 8 else 2))
        pixels = np.asarray(picture)
        icc = picture.info.get("icc_profile")
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    height, width, bands = pixels.shape
    deep = pixels.dtype == np.uint16
    image = pyvips.Image.new_from_memory(pixels.tobytes(), width, height, bands, "ushort" if deep else "uchar")
    image = image.copy(interpretation=("grey16" if deep else "b-w") if bands < 3 else ("rgb16" if deep else "srgb"))
    return HeifPicture(stretched(image, bits) if deep else image, icc, (_PRIMARY,) if several else ())
