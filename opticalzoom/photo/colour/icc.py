"""ICC profiles: kept as the bytes that they are, or built where colour is told in another way.

Source: ICC.1:2022, https://www.color.org/specification/ICC.1-2022-05.pdf
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Primaries = tuple[float, float, float, float, float, float, float, float]
"""CIE x and y of white, red, green and blue."""

D65 = (0.3127, 0.3290)
BT709: Primaries = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_SRGB_NUMBERS = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
SRGB_CURVE = struct.pack(">4s4xHH5i", b"para", 3, 0, *(round(65536 * number) for number in _SRGB_NUMBERS))
"""The tag of sRGB's curve, section 10.18."""
PROFILE_LEFT_OUT = "the colour profile is left out, as it is one for other pixels than these"
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_HEADER = 128
_CURVES = (b"rTRC", b"gTRC", b"bTRC")

Matrix = NDArray[np.float64]


def fitting_icc(icc: bytes | None, channels: int) -> bytes | None:
    """The profile if it's one for such pixels: its header names its colour space in bytes 16 to 19.

    A profile for RGB becomes one for grey, and the other way round, if that can be: curves are kept then.
    """
    space = b"RGB " if channels > 2 else b"GRAY"
    if icc is None or icc[16:20] == space:
        return icc
    tags = tags_of(icc)
    if b"A2B0" in tags:
        return None
    if space == b"GRAY" and icc[16:20] == b"RGB " and len({tags.get(name) for name in _CURVES}) == 1:
        return grey_profile(tags[b"gTRC"]) if b"gTRC" in tags else None
    if space == b"RGB " and icc[16:20] == b"GRAY" and b"kTRC" in tags:
        return rgb_profile(BT709, tags[b"kTRC"])
    return None


def tags_of(icc: bytes) -> dict[bytes, bytes]:
    """The content of each tag by its name; empty if the profile is damaged."""
    try:
        (count,) = struct.unpack_from(">I", icc, _HEADER)
        entries = [struct.unpack_from(">4sII", icc, _HEADER + 4 + 12 * entry) for entry in range(min(count, 256))]
    except struct.error:
        return {}
    return {name: icc[start : start + size] for name, start, size in entries}


def gamma_curve(gamma: float) -> bytes:
    """The tag of a pure power: light is the value to the power of ``gamma``."""
    return struct.pack(">4s4xHHi", b"para", 0, 0, round(gamma * 65536))


def rgb_profile(primaries: Primaries, curve: bytes) -> bytes:
    """A profile of three primaries that share a curve.

    Raises:
        ValueError: they lie on a line, or white outside.
    """
    white, *colours = (
        np.array([x / y, 1, (1 - x - y) / y]) for x, y in zip(primaries[::2], primaries[1::2], strict=True)
    )
    adaptation = _adaptation(white)
    matrix = np.stack(colours, axis=1)
    try:
        amounts = np.linalg.solve(matrix, white)
    except np.linalg.LinAlgError as error:
        raise ValueError("primaries on a line") from error
    if not (amounts > 1e-4).all():
        raise ValueError("a white that is no mixture of the primaries")
    columns = (adaptation @ (matrix * amounts)).T
    tags = {name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    chad = struct.pack(">4s4x9i", b"sf32", *(round(65536 * number) for number in adaptation.ravel()))
    return _profile(b"RGB ", {**tags, **dict.fromkeys(_CURVES, curve), b"chad": chad})


def grey_profile(curve: bytes) -> bytes:
    """A profile of grey with a curve."""
    return _profile(b"GRAY", {b"kTRC": curve})


def _adaptation(white: Matrix) -> Matrix:
    """Bradford's way from colours seen under a white (XYZ) to those under the profile connection space's, annex E."""
    gains = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD)


def _profile(space: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    """Section 7: header, table of tags, tags; equal ones are stored once."""
    text = {b"desc": _text("OpticalZoom: as the source tells"), b"cprt": _text("Public domain"), b"wtpt": _xyz(_D50)}
    every = text | dict(tags)
    data, places = b"", {}
    start = _HEADER + 4 + 12 * len(every)
    for tag in every.values():
        if tag not in places:
            places[tag] = start + len(data)
            data += tag + bytes(-len(tag) % 4)
    table = b"".join(struct.pack(">4sII", name, places[tag], len(tag)) for name, tag in every.items())
    head = struct.pack(">I4xI4s4s4s", start + len(data), 0x04300000, b"mntr", space, b"XYZ ")
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    rest = struct.pack(">4s28x3i", b"acsp", *(round(65536 * number) for number in _D50))
    return (head + date + rest).ljust(_HEADER, b"\0") + struct.pack(">I", len(every)) + table + data


def _xyz(values: Sequence[float] | Matrix) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(65536 * float(number)) for number in values))


def _text(words: str) -> bytes:
    encoded = words.encode("utf-16-be")
    return struct.pack(">4s4xII4sII", b"mluc", 1, 12, b"enUS", len(encoded), 28) + encoded
