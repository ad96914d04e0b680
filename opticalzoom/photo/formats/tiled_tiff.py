"""TIFF files of which only the tiles or strips are decoded that are asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import tifffile

from opticalzoom.photo.formats.photo_file import open_file
from opticalzoom.photo.formats.tiff_pages import choose_page
from opticalzoom.photo.formats.vips import decoding
from opticalzoom.photo.window import Window

_LARGEST = 2**24
"""Bytes of the largest tile or strip, decoded: a file that is a single strip is better decoded only once."""
_BUILT_IN = (tifffile.COMPRESSION.NONE, tifffile.COMPRESSION.DEFLATE, tifffile.COMPRESSION.ADOBE_DEFLATE)
_COLOURS = (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB)


class Segments:
    """Reads windows of a TIFF page of 8 or 16 bits."""

    def __init__(self, page: tifffile.TiffPage, path: Path) -> None:
        self.page, self.path = page, path
        self.side = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)

    def fit(self) -> bool:
        """Whether tiles or strips are small, of a plain kind of pixels, and compressed in a way known here."""
        page = self.page
        extra = page.extrasamples in ((), (tifffile.EXTRASAMPLE.UNASSALPHA,))
        plain = page.photometric in _COLOURS and page.planarconfig == tifffile.PLANARCONFIG.CONTIG and extra
        deep = page.dtype in (np.uint8, np.uint16) and page.bitspersample == 8 * page.dtype.itemsize
        small = math.prod(self.side) * page.samplesperpixel * page.bitspersample <= 8 * _LARGEST
        return plain and deep and small and page.compression in _BUILT_IN

    def __call__(self, window: Window) -> np.ndarray:
        """The pixels of a window, h×w×C."""
        height, width = self.side
        across = math.ceil(self.page.imagewidth / width)
        pixels = np.empty((*window.shape, self.page.samplesperpixel), self.page.dtype)
        for row in range(window.rows.start // height, math.ceil(window.rows.stop / height)):
            for column in range(window.columns.start // width, math.ceil(window.columns.stop / width)):
                segment = self._decode(row * across + column)
                rows = slice(row * height, row * height + segment.shape[0])
                columns = slice(column * width, column * width + segment.shape[1])
                here = Window(rows, columns)
                both = window.common(here)
                pixels[both.inside(window)] = segment[both.inside(here)]
        return pixels

    def _decode(self, index: int) -> np.ndarray:
        page = self.page
        with decoding(self.path):
            page.parent.filehandle.seek(page.dataoffsets[index])
            data = page.parent.filehandle.read(page.databytecounts[index])
            segment, _, _ = page.decode(data, index)
            if segment is None:
                raise ValueError(f"tile or strip {index} is missing")
            return segment[0]


@contextmanager
def open_segments(path: Path) -> Iterator[Segments | None]:
    """The tiles or strips of the photo in a file; None if it is no TIFF, or one that is better read otherwise."""
    with ExitStack() as stack:
        with decoding(path):
            file = stack.enter_context(open_file(path))
            segments = None
            if file.read(2) in (b"II", b"MM"):
                file.seek(0)
                tiff = stack.enter_context(tifffile.TiffFile(file))
                segments = Segments(choose_page(tiff).tiff, path)
        yield segments if segments and segments.fit() else None
