"""TIFF files that are written as their rows come; BigTIFF where 4 GB could be too little."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile

from opticalzoom.photo import exif
from opticalzoom.photo.bands import Header, regrouped
from opticalzoom.photo.carried.kept import IPTC_TAG, XMP_TAG
from opticalzoom.photo.carried.packing import pack_at

_ROWS = 64
"""Rows of pixels in a strip. Files have strips rather than tiles because every program reads strips, and rows can be
written as they come."""
_LEVEL = 6
_BYTE, _UNDEFINED = 1, 7
_CLASSIC_LIMIT = 2**32 - 2**27
"""Bytes of pixels up to which the file is no BigTIFF: deflate hardly ever makes them more, and there is EXIF."""


def write_tiff(path: Path, header: Header, bands: Iterable[np.ndarray]) -> None:
    """Write an upright picture, deflated after horizontal differencing, in strips.

    Args:
        path: of the file.
        header: what comes, with EXIF and profile as they are to be written; the file has the byte order of the EXIF.
        bands: h×W×C, C from 1 to 4 (grey, grey and alpha, RGB, RGB and alpha), uint8 or uint16.
    """
    shape, dtype = header.shape, header.dtype
    height, width, channels = shape
    parsed = (exif.parse(header.exif) if header.exif else None) or exif.Exif("<", {})
    order = parsed.order
    kept = {XMP_TAG: (_BYTE, header.kept.xmp), IPTC_TAG: (_UNDEFINED, header.kept.iptc)}
    more = {tag: exif.Value(kind, len(raw), raw) for tag, (kind, raw) in kept.items() if raw}
    tifffile.imwrite(
        path,
        _strips(bands, dtype.newbyteorder(order)),
        shape=shape if channels > 1 else (height, width),
        dtype=dtype,
        bigtiff=math.prod(shape) * dtype.itemsize > _CLASSIC_LIMIT,
        byteorder=order,
        photometric="rgb" if channels > 2 else "minisblack",
        planarconfig="contig",
        extrasamples=["unassalpha"] if channels in (2, 4) else None,
        compression="zlib",
        predictor=True,
        rowsperstrip=_ROWS,
        iccprofile=header.icc,
        metadata=None,
        software=False,
    )
    if parsed.main or more:
        _add(replace(parsed, main=parsed.main | more), path)


def _strips(bands: Iterable[np.ndarray], dtype: np.dtype) -> Iterator[bytes]:
    for rows in regrouped(bands, _ROWS):
        differences = np.diff(rows, axis=1, prepend=np.zeros_like(rows[:, :1]))
        yield zlib.compress(differences.astype(dtype, copy=False).tobytes(), _LEVEL)


def _add(parsed: exif.Exif, path: Path) -> None:
    """Put EXIF into a file: a second main directory behind the pixels takes the first one's place."""
    with path.open("r+b") as file:
        own = exif.parse(exif.FileBytes(file))
        assert own is not None  # it was written just now
        end = file.seek(0, io.SEEK_END)
        start = end + end % 2
        first, directories = pack_at(exif.Exif(own.order, {**own.main, **parsed.main}, own.layout), start)
        file.seek(start)
        file.write(directories)
        file.seek(0)
        file.write(own.layout.header(own.order, first))
