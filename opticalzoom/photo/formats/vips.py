"""PNG, JPEG, TIFF, WebP and HEIF files as pictures of 8 or 16 bits that libvips decodes when pixels are asked for.

https://www.libvips.org: the one library at hand that decodes all of them row by row, at any depth.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyvips

from opticalzoom.errors import OpticalZoomError, PhotoError
from opticalzoom.photo.carried.described import describe
from opticalzoom.photo.carried.found import Carried, find_carried
from opticalzoom.photo.colour.conversion import in_rgb, lab_of_eight_bits
from opticalzoom.photo.colour.told import ToldColour
from opticalzoom.photo.exif import ORIENTATION
from opticalzoom.photo.formats.heif import BRANDS, HeifPicture, is_avif, is_heif, open_hevc, stretched
from opticalzoom.photo.formats.photo_file import open_file, vips_source
from opticalzoom.photo.orientation import ORIENTATIONS, upright_size

_LIMIT = 2**30
"""Pixels of the largest photo, so that a damaged header doesn't ask for a disk full of them."""
_KNOWN_FILES = {"jpegload", "pngload", "tiffload", "webpload", "heifload"}
_UNKNOWN = "the content is no whole PNG, JPEG, TIFF, WebP, HEIC or AVIF"
_DTYPES = {"uchar": "uint8", "ushort": "uint16"}
_COLOURS = {"b-w", "grey16", "srgb", "rgb", "rgb16"}
_BITS, _PHOTOMETRIC, _EXTRA_SAMPLES = 258, 262, 338
_CIELAB = 8
_UNSPECIFIED, _ALPHA = 0, 2

pyvips.cache_set_max(0)  # it goes by name, and would give the old pixels of a file that was replaced
logging.getLogger("pyvips").setLevel(logging.ERROR)  # its warnings are of tags that nobody here looks at


class Picture(NamedTuple):
    """The first picture of a file.

    Attributes:
        image: as it is stored, to be decoded once, from the top: 1 to 4 channels of 8 or 16 bits, grey or RGB, alpha
            last and not premultiplied.
        orientation: EXIF orientation, 1 to 8.
        exif: the EXIF block of the upright picture.
        icc: the ICC profile.
        notes: what of the file is not taken, a phrase each.
    """

    image: pyvips.Image
    orientation: int
    exif: bytes | None
    icc: bytes | None
    notes: tuple[str, ...] = ()

    @property
    def dtype(self) -> str:
        """uint8 or uint16."""
        return _DTYPES[self.image.format]


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """What goes wrong while a file is opened or decoded leaves as a :class:`PhotoError` that names it."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise PhotoError(
            f"cannot be read: {reason}.", path=path, remedy="Check the name and its permissions."
        ) from error
    except OpticalZoomError:
        raise
    except Exception as error:  # decoders raise every class there is on damaged files
        raise PhotoError(
            f"cannot be decoded: {_reason(error)}.",
            path=path,
            remedy="Copy it again if it may be damaged or cut short; else save it as an 8 or 16-bit PNG, JPEG or TIFF.",
        ) from error


def open_picture(path: Path) -> Picture:
    """Read what stands before the pixels.

    Palettes and 1-bit pictures are expanded; CMYK and CIELAB become sRGB. A profile is built for colour that is told in
    another way.

    Raises:
        PhotoError: the file is missing, empty, damaged, of another kind or of another depth (as floats).
    """
    with decoding(path), open_file(path) as file:
        head = file.read(BRANDS)
        if not head:
            raise PhotoError("is empty (0 bytes).", path=path, remedy="Copy it again from where it came.")
        carried = find_carried(file) or Carried()
        _check_curve(carried.colour, path)
        if is_heif(head):
            return _open_heif(path, head, carried)
        return _open_tiff(path, carried) if head[:2] in (b"II", b"MM") else _picture(_load(path, "error"), carried)


def _open_tiff(path: Path, carried: Carried) -> Picture:
    # libvips takes an invalid orientation for an error like any other: such files are read less strictly.
    known = carried.exif is None or carried.exif.number(ORIENTATION, 1) in ORIENTATIONS
    extra = carried.exif.number(_EXTRA_SAMPLES, _ALPHA) if carried.exif else _ALPHA
    if carried.exif and [carried.exif.number(tag, 0) for tag in (_BITS, _PHOTOMETRIC)] == [8, _CIELAB]:
        with open_file(path) as file:
            return _picture(lab_of_eight_bits(file), carried, extra)
    return _picture(_load(path, "error" if known else "truncated"), carried, extra)


def _open_heif(path: Path, head: bytes, carried: Carried) -> Picture:
    if is_avif(head):
        image, icc = _open_avif(path)
    else:
        image, icc = open_hevc(path)
    described = describe(carried.exif, image.height, image.width)
    icc = carried.colour.profile(image.bands) if carried.colour else icc
    return Picture(_plain(image, _ALPHA), 1, described.block, icc, described.notes)


def _open_avif(path: Path) -> HeifPicture:
    image = _load(path, "error")
    bits = int(_text(image, "bits-per-sample") or 8)
    return HeifPicture(stretched(image, bits) if image.format == "ushort" else image, _field(image, "icc-profile-data"))


def _load(path: Path, strictness: str) -> pyvips.Image:
    image = pyvips.Image.new_from_source(vips_source(path), "", access="sequential", fail_on=strictness)
    if _text(image, "vips-loader") not in _KNOWN_FILES:
        raise ValueError(_UNKNOWN)
    if image.width * image.height > _LIMIT:
        raise ValueError(f"{image.width}×{image.height} pixels, expected at most {_LIMIT:,} in all")
    return image


def _picture(image: pyvips.Image, carried: Carried, extra: int = _ALPHA) -> Picture:
    orientation = carried.orientation
    size = upright_size(image.height, image.width, orientation)
    described = describe(carried.exif, *size)
    own = _field(image, "icc-profile-data")
    converted, icc, notes = in_rgb(image, own)
    if converted is image and carried.colour and (own is None or carried.colour.counts_first):
        icc = carried.colour.profile(image.bands)
    return Picture(_plain(converted, extra), orientation, described.block, icc, described.notes + notes)


def _check_curve(colour: ToldColour | None, path: Path) -> None:
    if colour and colour.unknown_curve:
        raise PhotoError(
            f"is an HDR picture ({colour.unknown_curve}), which is not converted to what is written here.",
            path=path,
            remedy="Export it as an ordinary picture.",
        )


def _plain(image: pyvips.Image, extra: int) -> pyvips.Image:
    """The same picture in one of the forms that :class:`Picture` has.

    Args:
        image: as libvips reads it.
        extra: what a TIFF file says of the channels behind its colours: alpha, or unspecified, which is left out.
    """
    if image.format not in _DTYPES or image.interpretation not in _COLOURS:
        bits = _text(image, "bits-per-sample")
        name = f"{'float' if image.format in ('float', 'double') else image.format}{bits}"
        raise ValueError(f"{image.interpretation} image of {name}, expected 8 or 16-bit integers")
    colours = 1 if image.bands < 3 else 3
    if image.bands > colours:
        image = image[: colours if extra == _UNSPECIFIED else colours + 1]
    return image


def _field(image: pyvips.Image, name: str) -> bytes | None:
    return bytes(image.get(name)) if image.get_typeof(name) else None


def _text(image: pyvips.Image, name: str) -> str:
    return str(image.get(name)).removesuffix("_source") if image.get_typeof(name) else ""


def _reason(error: Exception) -> str:
    text = error.detail if isinstance(error, pyvips.Error) else str(error)
    lines = text.strip().splitlines() or [type(error).__name__]
    return _UNKNOWN if "not in a known format" in text else lines[-1].rstrip(".")
