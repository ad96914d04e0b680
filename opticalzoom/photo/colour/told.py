"""Colour that a file tells by numbers or codes, without a profile -> the profile that says the same.

PNG: gAMA, cHRM, sRGB and cICP chunks, https://www.w3.org/TR/png-3/#11addnlcolinfo. HEIF and AVIF: the nclx colour box,
ISO/IEC 23008-12. Codes: ITU-T H.273, https://www.itu.int/rec/T-REC-H.273. EXIF: Adobe RGB by the interoperability index
R03, CIPA DC-010.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace

from opticalzoom.photo.colour.icc import BT709, D65, SRGB_CURVE, Primaries, gamma_curve, grey_profile, rgb_profile

_C = (0.310, 0.316)
_PRIMARIES: dict[int, Primaries] = {
    1: BT709,
    4: (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    8: (*_C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
"""By the codes of H.273, table 2; 2 is unspecified: sRGB's are assumed."""
_UNSPECIFIED = 2
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0, 17: 2.6}
"""By the codes of H.273, table 3. All others that are known here are shown as sRGB is: BT.709's, of 1, 6, 7, 11, 12, 14
and 15, is a camera's curve, and screens show it with sRGB's or a very similar one."""
_OTHER_CURVES = {9: "logarithmic", 10: "logarithmic", 16: "PQ", 18: "HLG"}
_ADOBE_RGB = (*D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
_ADOBE_GAMMA = 563 / 256
_LEAST_GAMMA, _LARGEST_GAMMA = 0.1, 10.0


@dataclass(frozen=True)
class ToldColour:
    """What a file tells of its colours.

    Attributes:
        primaries: of red, green, blue, and white.
        gamma: light is the value to the power of it; None for sRGB's curve.
        unknown_curve: the name of a curve that has no counterpart in a profile for 8 or 16 bits: PQ, HLG.
        counts_first: whether it counts even if there is a profile.
    """

    primaries: Primaries = BT709
    gamma: float | None = None
    unknown_curve: str | None = None
    counts_first: bool = False

    def profile(self, channels: int) -> bytes | None:
        """The profile for pixels of so many channels; None for sRGB, and for primaries that make no sense."""
        curve = SRGB_CURVE if self.gamma is None else gamma_curve(self.gamma)
        srgb = self.primaries == BT709 and self.gamma is None
        if srgb or (channels < 3 and self.gamma is None):
            return None
        try:
            return rgb_profile(self.primaries, curve) if channels > 2 else grey_profile(curve)
        except (ValueError, ArithmeticError):
            return rgb_profile(BT709, curve)


ADOBE_RGB = ToldColour(_ADOBE_RGB, _ADOBE_GAMMA)


def told_by_codes(primaries: int, transfer: int) -> ToldColour:
    """What cICP and nclx say, by the codes of H.273; those that are unknown or reserved say nothing."""
    return ToldColour(_PRIMARIES.get(primaries, BT709), _GAMMAS.get(transfer), _OTHER_CURVES.get(transfer))


def told_by_chunks(chunks: Mapping[bytes, bytes]) -> ToldColour | None:
    """What the chunks of a PNG file say of its colours, by the precedence of the standard; None if they say nothing.

    Args:
        chunks: content by name.
    """
    if len(codes := chunks.get(b"cICP", b"")) == 4:
        return replace(told_by_codes(codes[0], codes[1]), counts_first=_UNSPECIFIED not in codes[:2])
    if b"iCCP" in chunks or b"sRGB" in chunks:
        return None
    points, gamma = chunks.get(b"cHRM", b""), chunks.get(b"gAMA", b"")
    primaries = BT709
    if len(points) == 32:
        numbers = struct.unpack(">8I", points)
        if all(0 < number <= 100_000 for number in numbers[1::2]):
            primaries = tuple(number / 100_000 for number in numbers)
    power = 100_000 / max(struct.unpack(">I", gamma)[0], 1) if len(gamma) == 4 else 0.0
    exponent = power if _LEAST_GAMMA <= power <= _LARGEST_GAMMA else None
    return ToldColour(primaries, exponent) if len(points) == 32 or exponent else None
