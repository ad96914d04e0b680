"""WebP files, read by Pillow."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from opticalzoom.photo.bands import Header
from opticalzoom.photo.formats.webp import write_webp


@pytest.mark.parametrize("channels", [3, 4])
def test_pixels_come_back_nearly(tmp_path, channels):
    y, x = np.mgrid[:40, :60]
    pixels = np.stack([x * 4, y * 6, x + y, np.full_like(x, 200)], axis=-1)[..., :channels].astype(np.uint8)
    write_webp(tmp_path / "a.webp", Header(pixels.shape, pixels.dtype), iter([pixels[:7], pixels[7:]]), 100)
    with Image.open(tmp_path / "a.webp") as image:
        found = np.asarray(image).astype(int)
    assert np.abs(found[..., :3] - pixels[..., :3]).mean() < 3
    np.testing.assert_array_equal(found[..., 3:], pixels[..., 3:])
