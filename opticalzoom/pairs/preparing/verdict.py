"""Whether a registered pair can be used: by what was measured, and by what the files say where that doesn't tell."""

from __future__ import annotations

from opticalzoom.pairs.preparing.detail import LEAST_GAIN
from opticalzoom.pairs.scenes.focal_lengths import ShotPair, digital_share, same_lens_setting
from opticalzoom.pairs.scenes.pairing import LEAST_RATIO
from opticalzoom.pairs.scenes.ratios import suits
from opticalzoom.registration.zoom_view import RegisteredView

LEAST_SIDE = 32
"""Pixels of X that a view must have each way: LibRaw reads no smaller mosaics, and no patch fits."""
_OTHER_PIXELS, _OTHER_RATIO = 0.03, 0.12
"""Relative differences from which on the ratio of pixels is told beside that of the views, and EXIF's beside both."""


def verdict(found: RegisteredView, pair: ShotPair, scale: int, tolerance: float, gain: float | None) -> str:
    """Why a pair cannot be used, empty if it can; what was measured counts more than what the files say.

    Args:
        found: its registration.
        pair: its shots.
        scale: of the target over X, that is asked for.
        tolerance: how far the measured ratio may be from it, see :func:`~opticalzoom.pairs.scenes.ratios.suits`.
        gain: see :func:`~opticalzoom.pairs.preparing.detail.detail_gain`.
    """
    if not found.ok:
        return found.reason
    height, width = found.view.shape
    if min(height, width) < LEAST_SIDE:
        return f"the two shots share only {width}×{height} pixels"
    measured = _measurements(found, pair)
    if found.ratio < LEAST_RATIO:
        return f"Y shows as much of the scene as X ({measured})"
    digital = digital_share(pair.short.metadata, pair.long.metadata)
    if not suits(found.ratio / digital, found.magnification / digital, scale, tolerance):
        low, high = scale * (1 - tolerance / 2), scale * (1 + tolerance)
        unsuited = f"does not suit ×{scale}: {measured}; {low:.3g} to {high:.3g} expected"
    else:
        unsuited = ""
    return _digital_zoom(found.ratio / digital, pair, gain, measured) or unsuited


def _measurements(found: RegisteredView, pair: ShotPair) -> str:
    """The measured ratio in words, beside what EXIF says where that is something else."""
    digital = digital_share(pair.short.metadata, pair.long.metadata)
    words = [f"measured ratio {found.ratio:.3g}"]
    if abs(found.magnification / found.ratio - 1) > _OTHER_PIXELS:
        words.append(f"{found.magnification:.3g} pixels of Y for one of X")
    if pair.ratio and abs(found.ratio / pair.ratio - 1) > _OTHER_RATIO:
        words.append(f"EXIF says {pair.ratio:.3g}")
    if digital != 1:
        words.append(f"of which {digital:.3g} is digital zoom")
    return ", ".join(words)


def _digital_zoom(optical: float, pair: ShotPair, gain: float | None, measured: str) -> str:
    """Why Y holds nothing that X lacks, if so: by DigitalZoomRatio, by the spectra, or by equal focal lengths."""
    if optical < LEAST_RATIO:
        return f"digital zoom: Y is an enlarged crop of what X shows ({measured})"
    if gain is not None and gain < LEAST_GAIN:
        return f"Y holds no detail that X lacks, as by digital zoom ({measured}; {gain:.1f} dB of {LEAST_GAIN:g})"
    if gain is None and same_lens_setting(pair.short.metadata, pair.long.metadata):
        return f"both have the same focal length, so that Y is an enlarged crop ({measured})"
    return ""
