"""What a network for RAW files sees and draws: there and back."""

from __future__ import annotations

import numpy as np
import pytest
from cards import CAMERA_MATRIX, GAINS

from opticalzoom.photo.colour.srgb import srgb_to_linear
from opticalzoom.photo.raw.camera_space import decode_picture, encode_mosaic, encode_picture
from opticalzoom.photo.raw.raw_file import RawPhoto


def raw(value=0.2):
    return RawPhoto(np.full((8, 6), value, np.float32), GAINS, CAMERA_MATRIX)


@pytest.mark.parametrize("white_balance", ["input", "target"])
def test_a_picture_comes_back(white_balance):
    picture = np.random.default_rng(0).integers(60, 200, (8, 6, 3)).astype(np.uint8)
    encoded = encode_picture(picture, raw(), white_balance) / np.float32(65535)
    back = decode_picture(encoded, raw(), white_balance)
    assert np.abs(back * 255 - picture).max() < 0.5


def test_a_mosaic_is_packed_balanced_and_encoded():
    cells = encode_mosaic(raw())
    assert cells.shape == (4, 3, 4)
    linear = srgb_to_linear((cells / 65535).astype(np.float32))
    gains = GAINS / GAINS.min()
    expected = np.minimum(0.2 * gains[[0, 1, 1, 2]], 1)
    np.testing.assert_allclose(linear[0, 0], expected, atol=1e-4)
    assert len(np.unique(encode_mosaic(raw(), "target"))) == 1  # no gains: the same value in every colour
