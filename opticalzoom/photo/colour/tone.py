"""Tone curves of colour profiles: what is stored in linear light looks to a network like a night scene.

Networks learn from sRGB-encoded pictures. Gamma 1.8 to 2.4, and with it Display P3, Adobe RGB, ProPhoto RGB and grey
profiles, is close enough: pictures are zoomed as they are encoded. Linear light is not: values are brought to sRGB's
curve and back. Profiles: ICC.1:2022, sections 10.6 (curv) and 10.18 (para), https://www.color.org/specification.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opticalzoom.photo.colour.srgb import linear_to_srgb, srgb_to_linear

Array = NDArray[np.float32]

_HEADER = 128
_KNOTS = np.linspace(0, 1, 4097)
_LINEAR_ENOUGH = 0.35
"""Linear light of the value in the middle: 0.21 in sRGB, 0.29 at gamma 1.8, 0.35 at gamma 1.5, 0.5 if linear."""
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
"""How many numbers each kind of parametric curve has."""


@dataclass(frozen=True, eq=False)
class Tone:
    """The way from a profile's values to sRGB's curve and back, for each channel.

    Attributes:
        curves: linear light of 4097 values from 0 to 1, rising; one for grey, three for RGB.
    """

    curves: tuple[NDArray[np.float64], ...]

    def encode(self, values: Array) -> Array:
        """H×W×C in [0, 1] as they are stored, to the same colours under sRGB's curve."""
        return linear_to_srgb(self._through(values, [(_KNOTS, curve) for curve in self.curves]))

    def decode(self, values: Array) -> Array:
        """The inverse: H×W×C under sRGB's curve, clipped to [0, 1], to what is stored."""
        return self._through(srgb_to_linear(np.clip(values, 0, 1)), [(curve, _KNOTS) for curve in self.curves])

    def _through(self, values: Array, curves: list[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> Array:
        planes = [np.interp(values[..., c], *curve) for c, curve in enumerate(curves)]
        return np.stack(planes, axis=-1).astype(np.float32)


def linear_tone(icc: bytes | None) -> Tone | None:
    """The tone of a profile whose values are (nearly) linear light; None for others, which need nothing done.

    Profiles made of tables, as scanners have, and damaged ones are others.
    """
    try:
        curves = _curves(icc) if icc else ()
    except (struct.error, ValueError, ArithmeticError):
        return None
    middle = [curve[len(curve) // 2] for curve in curves]
    rising = all((np.diff(curve) > 0).all() for curve in curves)
    return Tone(curves) if curves and rising and min(middle) > _LINEAR_ENOUGH else None


def _curves(icc: bytes) -> tuple[NDArray[np.float64], ...]:
    (count,) = struct.unpack_from(">I", icc, _HEADER)
    entries = (struct.unpack_from(">4sII", icc, _HEADER + 4 + 12 * entry) for entry in range(count))
    tags = {name: slice(start, start + size) for name, start, size in entries}
    names = (b"rTRC", b"gTRC", b"bTRC") if icc[16:20] == b"RGB " else (b"kTRC",)
    if b"A2B0" in tags or not all(name in tags for name in names):
        return ()
    return tuple(_curve(icc[tags[name]]) for name in names)


def _curve(tag: bytes) -> NDArray[np.float64]:
    """Linear light at the knots."""
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        numbers = struct.unpack_from(f">{_PARAMETERS.get(kind, 0)}i", tag, 12)
        return _parametric([number / 65536 for number in numbers])
    (count,) = struct.unpack_from(">I", tag, 8)
    if count > 1:
        table = np.frombuffer(tag, ">u2", count, 12) / 65535
        return np.interp(_KNOTS, np.linspace(0, 1, count), table)
    return _KNOTS ** (struct.unpack_from(">H", tag, 12)[0] / 256 if count else 1)


def _parametric(numbers: Sequence[float]) -> NDArray[np.float64]:
    """Table 68: (aX + b)^g + e from d on, cX + f below; shorter kinds lack what does nothing."""
    c = d = e = f = 0.0
    a, b = 1.0, 0.0
    match numbers:
        case [gamma]:
            pass
        case [gamma, a, b]:
            d = -b / a
        case [gamma, a, b, e]:
            d, f = -b / a, e
        case [gamma, a, b, c, d]:
            pass
        case [gamma, a, b, c, d, e, f]:
            pass
        case _:
            raise ValueError(f"a curve of {len(numbers)} numbers")
    with np.errstate(all="ignore"):  # of numbers of a damaged profile
        return np.where(d <= _KNOTS, np.maximum(a * _KNOTS + b, 0) ** gamma + e, c * _KNOTS + f)
