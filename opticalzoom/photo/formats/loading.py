"""Files become images of libvips, decoded as strictly as their format allows: what a decoder complains of is an error.

libvips goes on behind most damage unless it is told to take warnings for errors; then it does so of harmless ones, too.
"""

from __future__ import annotations

import logging
import warnings
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyvips
import tifffile
from PIL.TiffImagePlugin import TiffImageFile

from opticalzoom.photo.carried.containers import chunk_names
from opticalzoom.photo.formats.jpeg_scan import scan_jpeg
from opticalzoom.photo.formats.photo_file import FileReading, check_size, open_file, warnings_so_far
from opticalzoom.photo.formats.tiff_pages import Page, choose_page

UNKNOWN = "the content is no whole PNG, JPEG, TIFF, WebP, HEIC or AVIF"
FIRST_OF_ANIMATION = "only the first picture of its animation is taken"
_JPEG, _PNG, _WEBP, _TIFF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", (b"II", b"MM")
MARKS = (_JPEG, _PNG, _WEBP, *_TIFF)
"""How files begin that can be loaded here, beside AVIF."""
_BYTES = {"uchar": 1, "char": 1, "float": 4, "int": 4, "uint": 4, "double": 8}
"""Of a channel in each of libvips' formats; the others have 2."""
_DEFLATE, _JPEG_INSIDE = (8, 32946), 7
"""Numbers of compressions in TIFF files."""
_AT_ONCE = 2**24
"""Bytes that are inflated at a time."""
_ODD_ORIENTATION = '"Orientation" tag'
"""What libvips says of one without a meaning, which it takes for an error like any other."""
_CAREFUL, _AHEAD = 64, 8
"""Bytes before the end of a JPEG's pixels that are handed over one by one, and bytes that libjpeg may take in at once
and so need not have asked for when it is done."""

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # its complaints are of tags that nobody here looks at


class Loaded(NamedTuple):
    """An image before its pixels are decoded.

    Attributes:
        image: as libvips reads it, from the top.
        check: raises an exception if the decoder left damage untold; to be called when all pixels are decoded.
        page: of a TIFF file.
        notes: what of the file is not taken, a phrase each.
    """

    image: pyvips.Image
    check: Callable[[], None] = lambda: None
    page: Page | None = None
    notes: tuple[str, ...] = ()


def load_image(path: Path, head: bytes, *, salvage: bool = False) -> Loaded:
    """The photo in a PNG, JPEG, TIFF, WebP or AVIF file.

    Args:
        path: the file.
        head: its first bytes.
        salvage: whether damage is no error: what could not be decoded is grey or black.

    Raises:
        Exception: of several classes, for damaged files and those of other kinds.
    """
    if head.startswith(_JPEG):
        return _load_jpeg(path, salvage)
    if head.startswith(_TIFF):
        return _load_tiff(path, salvage)
    if head.startswith(_PNG):
        image = _vips(pyvips.Image.pngload_source, path, FileReading(path), "none" if salvage else "error")
        with open_file(path) as file:
            return Loaded(image, notes=(FIRST_OF_ANIMATION,) if b"acTL" in chunk_names(file) else ())
    loader = pyvips.Image.webpload_source if head.startswith(_WEBP) else pyvips.Image.heifload_source
    image = _vips(loader, path, FileReading(path), "none" if salvage else "error")
    several = image.get_typeof("n-pages") and image.get("n-pages") > 1
    return Loaded(image, notes=(FIRST_OF_ANIMATION,) if several else ())


def _vips(
    loader: Callable[..., pyvips.Image], path: Path, reading: FileReading, strictness: str, **options: int
) -> pyvips.Image:
    source = reading.source()
    image = loader(source, access="sequential", fail_on=strictness, **options)
    # As pyvips does for loaders that it chooses itself; for JPEGs with gain maps it would be one that is not strict.
    image._references.append(source)
    check_size(path, image.height, image.width, image.bands * _BYTES.get(image.format, 2))
    return image


def _load_jpeg(path: Path, salvage: bool) -> Loaded:
    with open_file(path) as file:
        scan = scan_jpeg(file)
    if scan.hole and not salvage:
        raise ValueError("zeros in place of pixels")
    reading = FileReading(path, None if scan.end is None else scan.end - _CAREFUL)
    strictness = "none" if salvage else "error" if scan.odd else "warning"
    image = _vips(pyvips.Image.jpegload_source, path, reading, strictness)
    return Loaded(image, lambda: None if salvage else _check_rest(reading, scan.end))


def _check_rest(reading: FileReading, end: int | None) -> None:
    if end is not None and reading.furthest < end - _AHEAD:
        raise ValueError("pixels are left over at its end, so some before are damaged")


def _load_tiff(path: Path, salvage: bool) -> Loaded:
    page = _page(path)
    if page and page.is_bare_ycbcr and page.below < 0:
        return Loaded(_by_pillow(path, page), page=page, notes=page.notes)
    number, below, notes = (page.number, page.below, page.notes) if page else (0, -1, ())

    def load(strictness: str) -> pyvips.Image:
        return _vips(pyvips.Image.tiffload_source, path, FileReading(path), strictness, page=number, subifd=below)

    if salvage:
        return Loaded(load("none"), page=page, notes=notes)
    check, before = _listening(), warnings_so_far()
    image = load("warning")
    if warnings_so_far() > before:  # of something odd in its directory, as tags that are out of order
        image = load("error")
    elif page:
        check = partial(_check_segments, path, page.tiff)
    if _ODD_ORIENTATION in pyvips.Error("").detail:
        image, check = load("truncated"), _listening()
    return Loaded(image, check, page, notes)


def _listening() -> Callable[[], None]:
    """Raises what libvips writes down from now on and does not raise itself.

    It writes it down for all threads together, so this is for rare files.
    """
    pyvips.Error("")  # reads and forgets it

    def check() -> None:
        complaints = [line for line in pyvips.Error("").detail.splitlines() if _ODD_ORIENTATION not in line]
        if any(complaints):
            raise ValueError(complaints[-1])

    return check


def _check_segments(path: Path, page: tifffile.TiffPage) -> None:
    """Look at the tiles or strips where libtiff does not: at checksums of deflated ones, and at what JPEG complains of.

    Raises:
        Exception: of several classes, if one is damaged.
    """
    left, counts = 2 * page.nbytes, page.databytecounts
    if page.compression not in (*_DEFLATE, _JPEG_INSIDE) or sum(counts) > path.stat().st_size:
        return  # the latter if some are the same
    with open_file(path) as file:
        for offset, length in zip(page.dataoffsets, counts, strict=False):
            file.seek(offset)
            data = file.read(length)
            if page.compression == _JPEG_INSIDE:
                left -= _decoded_jpeg(data, page.jpegtables or b"", left)
            inflater = zlib.decompressobj()
            while page.compression in _DEFLATE and data and not inflater.eof and left > 0:
                left -= len(inflater.decompress(data, _AT_ONCE))
                data = inflater.unconsumed_tail


def _decoded_jpeg(data: bytes, tables: bytes, most: int) -> int:
    """How many bytes a JPEG, of which the tables stand elsewhere, gives; those of a larger one are not looked at."""
    image = pyvips.Image.jpegload_buffer(tables[:-2] + data[2:] if tables else data, fail_on="warning")
    size = image.width * image.height * image.bands
    if size <= most:
        image.avg()
    return size


def _page(path: Path) -> Page | None:
    """The photo in the file; None if only libvips may know."""
    with open_file(path) as file:
        try:
            with tifffile.TiffFile(file) as tiff:
                return choose_page(tiff)
        except Exception:  # of several classes, for damaged files
            return None


def _by_pillow(path: Path, page: Page) -> pyvips.Image:
    """RGB of brightness and colour differences, of which libvips makes red, green and blue as they are."""
    check_size(path, page.tiff.imagelength, page.tiff.imagewidth, page.tiff.samplesperpixel)
    with open_file(path) as file, warnings.catch_warnings(), TiffImageFile(file) as picture:
        warnings.simplefilter("ignore")  # of large pictures
        picture.seek(page.number)
        pixels = np.asarray(picture.convert("RGB"))
    height, width, bands = pixels.shape
    image = pyvips.Image.new_from_memory(pixels.tobytes(), width, height, bands, "uchar")
    return image.copy(interpretation="srgb")
