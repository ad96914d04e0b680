"""WebP files. libwebp takes a picture whole, so memory depends on its size; no side is longer than 16383 pixels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from opticalzoom.photo.bands import Header
from opticalzoom.photo.exif import PREFIX


def write_webp(path: Path, header: Header, bands: Iterable[np.ndarray], quality: int) -> None:
    """Write an upright picture.

    Args:
        path: of the file.
        header: what comes, with EXIF and profile as they are to be written.
        bands: h×W×C uint8, C from 1 to 4 (grey, grey and alpha, RGB, RGB and alpha).
        quality: 1 to 100.
    """
    whole = np.concatenate(list(bands))
    picture = Image.fromarray(whole[..., 0] if whole.shape[2] == 1 else whole)
    block = PREFIX + header.exif if header.exif else b""
    metadata = {"exif": block, "icc_profile": header.icc, "xmp": header.kept.xmp or b""}
    with path.open("wb") as file:
        picture.save(file, "WEBP", quality=quality, exact=True, **metadata)
