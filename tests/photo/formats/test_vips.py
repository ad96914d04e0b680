"""Pictures as libvips opens them, against what was stored."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from opticalzoom.errors import PhotoError
from opticalzoom.photo.formats.vips import open_picture

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 7, 3)).astype(np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_pixels_as_they_are_stored(tmp_path, suffix):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(PIXELS).save(tmp_path / f"a{suffix}", exif=exif)
    picture = open_picture(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(picture.image.numpy(), PIXELS)
    assert picture.orientation == 6


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0\x08\0\0\0"])
def test_what_is_no_picture_is_told(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(PhotoError, match=r"a\.png"):
        open_picture(tmp_path / "a.png").image.numpy()
