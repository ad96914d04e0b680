"""Which of the pictures in a TIFF file is the photo: the first page at full size, wherever it stands.

Files begin with a preview as often as with the photo, and have the other one behind it or in a directory below
(SubIFDs). NewSubfileType tells previews and masks where it was written: TIFF 6.0, section 8,
https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf.
"""

from __future__ import annotations

from typing import NamedTuple

import tifffile

from opticalzoom.photo.orientation import ORIENTATIONS

FURTHER_PAGES = "only the first of its pages is taken"
_MOST = 64
"""Pages, and directories below the first, that are looked at."""
_REDUCED, _MASK = 1, 4
"""Bits of NewSubfileType."""
_PHOTOMETRIC = frozenset((0, 1, 2, 3, 5, 6, 8))
"""Grey, RGB, palette, CMYK, YCbCr and CIELAB; the others are mosaics, masks and tables."""
_YCBCR, _JPEG = 6, (6, 7)
_PREVIEW = 640
"""Pixels of the longer side of what may be a preview though nothing says so."""
_ORIENTATION = 274


class Page(NamedTuple):
    """A picture of a TIFF file.

    Attributes:
        tiff: as tifffile read its directory.
        number: of the page.
        below: of the directory below that page; -1 for the page itself.
        notes: what of the file is left out, a phrase each.
    """

    tiff: tifffile.TiffPage
    number: int = 0
    below: int = -1
    notes: tuple[str, ...] = ()

    @property
    def orientation(self) -> int | None:
        """EXIF orientation, 1 to 8; None if its directory says none."""
        tag = self.tiff.tags.get(_ORIENTATION)
        return int(tag.value) if tag and tag.value in ORIENTATIONS else None

    @property
    def has_alpha(self) -> bool:
        """Whether a channel behind the colours is alpha, and not of unknown meaning."""
        return not self.tiff.extrasamples or self.tiff.extrasamples[0] != tifffile.EXTRASAMPLE.UNSPECIFIED

    @property
    def is_bare_ycbcr(self) -> bool:
        """Whether brightness and colour differences are stored, and not in JPEG, whose decoder makes RGB of them."""
        return self.tiff.photometric == _YCBCR and self.tiff.compression not in _JPEG

    @property
    def is_whole(self) -> bool:
        """Whether it is a picture, and nothing says that it is a smaller version of another."""
        return self.is_picture and not self.tiff.subfiletype & _REDUCED

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture of a kind known here."""
        return self.tiff.photometric in _PHOTOMETRIC and not self.tiff.subfiletype & _MASK

    @property
    def area(self) -> int:
        """In pixels."""
        return self.tiff.imagelength * self.tiff.imagewidth

    def has_shape_of(self, other: Page) -> bool:
        """Whether the ratios of its sides agree, to a pixel of the smaller one."""
        small, large = sorted((self, other), key=lambda page: page.area)
        height, width = small.tiff.imagelength, small.tiff.imagewidth
        return abs(large.tiff.imagelength * width - large.tiff.imagewidth * height) <= max(large.tiff.shape[:2])


def choose_page(tiff: tifffile.TiffFile) -> Page:
    """The photo in a TIFF file: the first picture that is no preview, or else the largest."""
    first, *further = _directories(tiff.pages)
    pages = [Page(page, number) for number, page in enumerate(further, start=1)]
    below = [Page(page, 0, number) for number, page in enumerate(_directories(first.pages) if first.pages else ())]
    return _chosen(Page(first), below, pages)


def _directories(pages: tifffile.TiffPages) -> list[tifffile.TiffPage]:
    """As many as can be read."""
    found: list[tifffile.TiffPage] = []
    for number in range(_MOST):
        try:
            page = pages.get(number)
        except (IndexError, tifffile.TiffFileError):
            break
        if isinstance(page, tifffile.TiffPage):
            found.append(page)
    return found


def _chosen(first: Page, below: list[Page], pages: list[Page]) -> Page:
    others = below + pages
    whole = [page for page in others if page.is_whole]
    alike = [page for page in whole if page.has_shape_of(first)]
    if not first.is_whole:
        chosen = next(iter(alike or whole), None) or max(
            [first, *others], key=lambda page: (page.is_picture, page.area)
        )
    elif max(first.tiff.imagelength, first.tiff.imagewidth) <= _PREVIEW:
        chosen = max([first, *(page for page in alike if page.area >= 4 * first.area)], key=lambda page: page.area)
    else:
        chosen = first
    further = [page for page in pages if page.is_whole and page is not chosen]
    return chosen._replace(notes=(FURTHER_PAGES,) if further else ())
