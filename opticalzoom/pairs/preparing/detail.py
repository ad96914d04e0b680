"""Whether a registered long shot holds detail that the wide one lacks: by their spectra."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.registration.warp import Image

LEAST_GAIN = 6.0
"""dB: optical zoom has 9 and more, also of soft lenses and in video frames; an enlarged crop has at most 4."""
_TILE = 64
"""Pixels of the target: side of the squares whose spectra are summed, half overlapping."""
_TRUSTED = 0.9  # share of a square
_COMMON = (0.1, 0.35)
"""Cycles per pixel of X that both pictures hold: their power there makes exposures comparable."""
_BEYOND = (0.58, 0.78)
"""Cycles per pixel of X beyond its Nyquist frequency of 0.5: an enlarged picture has remains there only."""
_NYQUIST = 0.47  # cycles per pixel of Y that its own pixels hold
_LEAST_POWER = 0.25  # square of 255ths in the common band: less is noise


def detail_gain(
    moving: Image, fixed: Image, trusted: NDArray[np.bool_], scale: int, magnification: float
) -> float | None:
    """Power of Y over that of X enlarged, in dB, at frequencies beyond those that X's pixels can hold.

    Args:
        moving: Y on the grid of the target, sH×sW×3, uint8 or uint16.
        fixed: the part of X, H×W×3, likewise.
        trusted: sH×sW, where they show the same.
        scale: s.
        magnification: pixels of Y as photographed per pixel of X.

    Returns:
        None if there is too little to be seen.
    """
    size = moving.shape[1::-1]
    enlarged = cv2.resize(fixed, size, interpolation=cv2.INTER_CUBIC)
    highest = min(_BEYOND[1], _NYQUIST * magnification)
    if highest <= _BEYOND[0] or min(size) < _TILE:
        return None
    powers = []
    for picture in (moving, enlarged):
        spectrum = _spectrum(_luminance(picture), trusted)
        if spectrum is None:
            return None
        common, beyond = (_band(spectrum, scale, *band) for band in (_COMMON, (_BEYOND[0], highest)))
        if common < _LEAST_POWER:
            return None
        powers.append(beyond / common)
    return float(10 * np.log10(powers[0] / max(powers[1], 1e-12)))


def _luminance(picture: Image) -> NDArray[np.float32]:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return grey * np.float32(255 / np.iinfo(picture.dtype).max)


def _spectrum(grey: NDArray[np.float32], trusted: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Mean power spectrum of the trusted squares, per pixel; None if there is none."""
    window = np.outer(np.hanning(_TILE), np.hanning(_TILE)).astype(np.float32)
    total, count = np.zeros((_TILE, _TILE)), 0
    step = _TILE // 2 * max(1, round(min(grey.shape) / 1500))  # large pictures have squares enough
    for top in range(0, grey.shape[0] - _TILE + 1, step):
        for left in range(0, grey.shape[1] - _TILE + 1, step):
            part = slice(top, top + _TILE), slice(left, left + _TILE)
            if trusted[part].mean() >= _TRUSTED:
                square = grey[part]
                total += np.abs(np.fft.fft2((square - square.mean()) * window)) ** 2
                count += 1
    return total / (count * float((window**2).sum()) * _TILE**2) if count else None


def _band(spectrum: NDArray[np.float64], scale: int, low: float, high: float) -> float:
    """Power between two frequencies, in cycles per pixel of X."""
    frequency = np.fft.fftfreq(_TILE) * scale
    radius = np.hypot(frequency[:, None], frequency)
    return float(spectrum[(radius >= low) & (radius < high)].sum())
