"""Pictures at other sizes, band by band, against Pillow."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from opticalzoom.errors import OpticalZoomError
from opticalzoom.photo.resample import resampled, scaled_size

PIXELS = np.random.default_rng(0).integers(0, 65536, (120, 50, 1)).astype(np.uint16)


@pytest.mark.parametrize("size", [(60, 25), (90, 41), (240, 100)])
@pytest.mark.parametrize("height", [7, 120])
def test_bands_are_the_picture_resized_whole(size, height):
    bands = (PIXELS[at : at + height] for at in range(0, 120, height))
    found = np.concatenate(list(resampled(bands, (120, 50), size, np.dtype(np.uint16))))
    floats = Image.fromarray(PIXELS[..., 0].astype(np.float32))
    expected = np.asarray(floats.resize(size[::-1], Image.Resampling.LANCZOS)).clip(0, 65535)
    assert found.shape == (*size, 1)
    assert np.abs(found[..., 0] - expected).max() < 4  # of 65535


def test_sizes_are_rounded():
    assert scaled_size((100, 33), 1.5) == (150, 50)
    assert scaled_size((3, 5), 0.5) == (2, 2)
    with pytest.raises(OpticalZoomError):
        scaled_size((3, 5), 0)
