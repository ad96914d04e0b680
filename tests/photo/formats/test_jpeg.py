"""JPEG files of strips, against the file that Pillow makes of the whole."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from opticalzoom.photo.bands import Header
from opticalzoom.photo.formats.jpeg import write_jpeg


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("height", [1, 64, 65, 200])
def test_strips_are_the_file_that_pillow_makes_of_the_whole(tmp_path, height, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (height, 50, channels)).astype(np.uint8)
    write_jpeg(tmp_path / "a.jpg", Header(pixels.shape, pixels.dtype), iter([pixels[:30], pixels[30:]]), 90)
    whole = io.BytesIO()
    picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    picture.save(whole, "JPEG", quality=90, subsampling=0, restart_marker_rows=1)
    assert (tmp_path / "a.jpg").read_bytes() == whole.getvalue()
