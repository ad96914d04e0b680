"""Camera space, in which networks for RAW files see and draw: the sensor's own colours, encoded by sRGB's curve.

A packed mosaic goes in and a picture of those colours comes out; the camera's matrix follows outside, so that one
network serves every camera.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from opticalzoom.photo.colour.srgb import camera_to_srgb, linear_to_srgb, srgb_to_camera, srgb_to_linear
from opticalzoom.photo.photograph import from_float, to_float
from opticalzoom.photo.raw.mosaic import channel_gains, pack
from opticalzoom.photo.raw.raw_file import RawPhoto

WhiteBalance = Literal["input", "target"]
"""``input``: the mosaic that the network sees is white-balanced. ``target``: it is not, and neither is the picture that
comes out, as in the recipe of SR-RAW (https://arxiv.org/abs/1905.05169); the gains follow after the network."""


def encode_mosaic(raw: RawPhoto, white_balance: WhiteBalance = "input") -> NDArray[np.uint16]:
    """A RAW network's input: the packed mosaic, H/2×W/2×4; 65535 is the sensor's white, noise below black is cut."""
    gains = _gains(raw) if white_balance == "input" else np.ones(3)
    return from_float(linear_to_srgb(pack(raw.mosaic * channel_gains(gains, *raw.mosaic.shape))), np.uint16)


def encode_picture(picture: NDArray[Any], raw: RawPhoto, white_balance: WhiteBalance = "input") -> NDArray[np.uint16]:
    """A RAW network's target, H×W×3: an sRGB picture (uint8 or uint16) in the colours of ``raw``'s camera."""
    camera = srgb_to_camera(to_float(picture), raw.matrix)
    if white_balance == "target":
        camera /= _gains(raw).astype(np.float32)
    return from_float(linear_to_srgb(camera), np.uint16)


def decode_picture(
    encoded: NDArray[np.float32], raw: RawPhoto, white_balance: WhiteBalance = "input"
) -> NDArray[np.float32]:
    """sRGB of a RAW network's output, both H×W×3 in [0, 1]: the inverse of :func:`encode_picture`."""
    camera = srgb_to_linear(np.clip(encoded, 0, 1))
    if white_balance == "target":
        camera = np.minimum(camera * _gains(raw).astype(np.float32), 1)
    return camera_to_srgb(camera, raw.matrix)


def _gains(raw: RawPhoto) -> NDArray[np.float64]:
    """White-balance gains of which the least is 1: clipped at 1, what is blown becomes white, not pink."""
    return np.asarray(raw.white_balance / raw.white_balance.min())
