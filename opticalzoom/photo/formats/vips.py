"""PNG, JPEG, TIFF, WebP and HEIF files as pictures of 8 or 16 bits that libvips decodes when pixels are asked for.

https://www.libvips.org: the one library at hand that decodes all of them row by row, at any depth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyvips

from opticalzoom.errors import DamagedPhotoError, OpticalZoomError, PhotoError
from opticalzoom.parallel.forks import begin_threads
from opticalzoom.photo.carried.contents import Carried
from opticalzoom.photo.carried.described import describe, in_srgb
from opticalzoom.photo.carried.found import find_carried
from opticalzoom.photo.carried.kept import NOTHING, Kept
from opticalzoom.photo.colour.conversion import in_rgb, lab_of_eight_bits
from opticalzoom.photo.colour.told import ToldColour
from opticalzoom.photo.formats.heif import BRANDS, HeifPicture, is_avif, is_heif, open_hevc, stretched
from opticalzoom.photo.formats.loading import MARKS, UNKNOWN, Loaded, load_image
from opticalzoom.photo.formats.native_output import silenced
from opticalzoom.photo.formats.photo_file import open_file, unreadable
from opticalzoom.photo.orientation import upright_size

_DTYPES = {"uchar": "uint8", "ushort": "uint16"}
_COLOURS = {"b-w", "grey16", "srgb", "rgb", "rgb16"}
_BITS, _PHOTOMETRIC = 258, 262
_CIELAB = 8
_UNSPECIFIED, _ALPHA = 0, 2


class Picture(NamedTuple):
    """The first picture of a file.

    Attributes:
        image: as it is stored, to be decoded once, from the top: 1 to 4 channels of 8 or 16 bits, grey or RGB, alpha
            last and not premultiplied.
        orientation: EXIF orientation, 1 to 8.
        exif: the EXIF block of the upright picture.
        icc: the ICC profile.
        kept: what else goes into the file that is made of it.
        notes: what of the file is not taken, a phrase each.
        check: raises an exception if the decoder left damage untold; to be called when all pixels are decoded.
    """

    image: pyvips.Image
    orientation: int
    exif: bytes | None
    icc: bytes | None
    kept: Kept = NOTHING
    notes: tuple[str, ...] = ()
    check: Callable[[], None] = lambda: None

    @property
    def dtype(self) -> str:
        """uint8 or uint16."""
        return _DTYPES[self.image.format]


@contextmanager
def decoding(path: Path) -> Iterator[None]:
    """What goes wrong while a file is opened or decoded leaves as a :class:`PhotoError` that names it.

    Raises:
        OpticalZoomError: this process was forked from one that had decoded a photo.
    """
    begin_threads("libvips")
    try:
        yield
    except OSError as error:
        raise unreadable(error, path) from error
    except OpticalZoomError:
        raise
    except Exception as error:  # decoders raise every class there is on damaged files
        raise DamagedPhotoError(
            f"cannot be decoded: {_reason(error)}.",
            path=path,
            remedy="Copy it again if it may be damaged or cut short; else save it as an 8 or 16-bit PNG, JPEG or TIFF.",
        ) from error


def open_picture(path: Path, *, salvage: bool = False) -> Picture:
    """Read what stands before the pixels.

    Palettes and 1-bit pictures are expanded; CMYK and CIELAB become sRGB. A profile is built for colour that is told in
    another way.

    Args:
        path: the file.
        salvage: whether damage is no error, see :func:`~opticalzoom.photo.formats.loading.load_image`.

    Raises:
        PhotoError: the file is missing, empty, damaged, of another kind or of another depth (as floats), or has more
            pixels than a file of its size may have.
    """
    with decoding(path), silenced(), open_file(path) as file:
        head = file.read(BRANDS)
        if not head:
            raise PhotoError("is empty (0 bytes).", path=path, remedy="Copy it again from where it came.")
        carried = find_carried(file) or Carried()
        _check_curve(carried.colour, path)
        if is_heif(head):
            return _open_heif(path, head, carried)
        if carried.exif and [carried.exif.number(tag, 0) for tag in (_BITS, _PHOTOMETRIC)] == [8, _CIELAB]:
            return _picture(Loaded(lab_of_eight_bits(file)), carried)
        if not head.startswith(MARKS):
            raise ValueError(UNKNOWN)
        return _picture(load_image(path, head, salvage=salvage), carried)


def _open_heif(path: Path, head: bytes, carried: Carried) -> Picture:
    if is_avif(head):
        image, icc, notes = _open_avif(path, head)
    else:
        image, icc, notes = open_hevc(path)
    described = describe(carried.exif, image.height, image.width)
    kept, gone = carried.kept.upright(1)
    icc = carried.colour.profile(image.bands) if carried.colour else icc
    notes = carried.notes + described.notes + gone + notes
    return Picture(_plain(image, _ALPHA), 1, described.block, icc, kept, notes)


def _open_avif(path: Path, head: bytes) -> HeifPicture:
    image, _, _, notes = load_image(path, head)
    bits = int(image.get("bits-per-sample")) if image.get_typeof("bits-per-sample") else 8
    pixels = stretched(image, bits) if image.format == "ushort" else image
    return HeifPicture(pixels, _field(image, "icc-profile-data"), notes)


def _picture(loaded: Loaded, carried: Carried) -> Picture:
    image, check, page, left_out = loaded
    orientation = page.orientation or carried.orientation if page else carried.orientation
    own = _field(image, "icc-profile-data")
    converted, icc, notes = in_rgb(image, own)
    parsed = carried.exif if converted is image else carried.exif and in_srgb(carried.exif)
    described = describe(parsed, *upright_size(image.height, image.width, orientation))
    kept, gone = carried.kept.upright(orientation)
    if converted is image and carried.colour and (own is None or carried.colour.counts_first):
        icc = carried.colour.profile(image.bands)
    pixels = _plain(converted, _ALPHA if page is None or page.has_alpha else _UNSPECIFIED)
    notes = carried.notes + described.notes + gone + notes + left_out
    return Picture(pixels, orientation, described.block, icc, kept, notes, check)


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
        bits = image.get("bits-per-sample") if image.get_typeof("bits-per-sample") else ""
        name = f"{'float' if image.format in ('float', 'double') else image.format}{bits}"
        raise ValueError(f"{image.interpretation} image of {name}, expected 8 or 16-bit integers")
    colours = 1 if image.bands < 3 else 3
    if image.bands > colours:
        image = image[: colours if extra == _UNSPECIFIED else colours + 1]
    return image


def _field(image: pyvips.Image, name: str) -> bytes | None:
    return bytes(image.get(name)) if image.get_typeof(name) else None


def _reason(error: Exception) -> str:
    """The last line of a decoder's words, without the name of its part."""
    text = error.detail if isinstance(error, pyvips.Error) else str(error)
    lines = text.strip().splitlines() or ["" if isinstance(error, pyvips.Error) else type(error).__name__]
    return re.sub(r"^[\w ]+: ", "", lines[-1]).rstrip(".") or "damaged pixels"
