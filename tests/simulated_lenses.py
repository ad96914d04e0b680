"""Pairs that a lens of known transfer function made, computed in the frequency domain, unlike all of the package."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Transfer = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Of (fy, fx) in cycles per pixel of X: what becomes of a wave, complex."""

BORDER = 3  # pixels of X: the frequency domain has none, so what lies there shows the other side of the picture


def gaussian(down: float, right: float | None = None, shift: tuple[float, float] = (0, 0)) -> Transfer:
    """A Gaussian of standard deviations in pixels of X; the picture shows what lies at p + shift."""
    right = down if right is None else right

    def transfer(fy: np.ndarray, fx: np.ndarray) -> np.ndarray:
        blur = np.exp(-2 * np.pi**2 * ((down * fy) ** 2 + (right * fx) ** 2))
        return blur * np.exp(2j * np.pi * (shift[0] * fy + shift[1] * fx))

    return transfer


def disc(radius: float) -> Transfer:
    """Defocus: a disc of equal light, radius in pixels of X, as a sum over points of it."""
    y, x = (np.mgrid[:41, :41] - 20) / 20.5 * radius
    inside = y**2 + x**2 <= radius**2
    places, counts = np.unique(np.round(x[inside], 9), return_counts=True)

    def transfer(fy: np.ndarray, fx: np.ndarray) -> np.ndarray:
        far = np.hypot(fy, fx)  # it looks the same in all directions
        return np.cos(2 * np.pi * far[..., None] * places) @ (counts / counts.sum())

    return transfer


def pixel(scale: int, frequency: np.ndarray) -> np.ndarray:
    """The mean over the s pixels of Y along a side of a pixel of X."""
    place = (np.arange(scale) - (scale - 1) / 2) / scale
    return np.cos(2 * np.pi * frequency[..., None] * place).mean(axis=-1)


def contrast(lens: Transfer, scale: int, direction: float, frequencies: np.ndarray) -> np.ndarray:
    """The true MTF of a lens and the pixels behind it."""
    fy, fx = frequencies * np.sin(direction), frequencies * np.cos(direction)
    return np.abs(lens(fy, fx)) * np.abs(pixel(scale, fy) * pixel(scale, fx))


def true_mtf50(lens: Transfer, scale: int) -> float:
    """Where the mean over eight directions first falls to half, cycles per pixel of X."""
    fine = np.arange(10001) / 10000
    curve = np.mean([contrast(lens, scale, angle, fine) for angle in np.arange(8) * np.pi / 8], axis=0)
    return float(fine[np.argmax(curve <= 0.5)])


def leaves(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Overlapping discs of all sizes and colours (a "dead leaves" picture), H×W×3 float32 display values.

    It has edges in all directions, flat parts, and the spectrum of a photograph.
    """
    rng = np.random.default_rng(seed)
    picture = np.full((2 * height, 2 * width, 3), 0.5, np.float32)
    y, x = np.mgrid[: 2 * height, : 2 * width]
    for radius in 160 * (1 + 39 * rng.random(2500)) ** -0.9:
        row, column, colour = rng.uniform(0, 2 * height), rng.uniform(0, 2 * width), rng.uniform(0.15, 0.85, 3)
        top, left = max(int(row - radius), 0), max(int(column - radius), 0)
        part = slice(top, int(row + radius) + 2), slice(left, int(column + radius) + 2)
        picture[part][(y[part] - row) ** 2 + (x[part] - column) ** 2 <= radius**2] = colour
    return picture.reshape(height, 2, width, 2, 3).mean(axis=(1, 3))


def seen_through(y: np.ndarray, lenses: tuple[Transfer, Transfer, Transfer], scale: int) -> np.ndarray:
    """X of Y, display values, for a transfer function of each colour: sH×sW×3 to H×W×3 float64."""
    linear = np.where(y <= 0.04045, y / 12.92, ((y.astype(np.float64) + 0.055) / 1.055) ** 2.4)
    fy, fx = (np.fft.fftfreq(side) * scale for side in y.shape[:2])
    fy, fx = np.meshgrid(fy, fx, indexing="ij")
    middle = np.exp(2j * np.pi * (fy + fx) * (scale - 1) / 2 / scale)  # of the s pixels under a pixel of X
    box = pixel(scale, fy) * pixel(scale, fx) * middle
    blurred = [
        np.fft.ifft2(np.fft.fft2(linear[..., colour]) * box * lens(fy, fx)).real[::scale, ::scale]
        for colour, lens in enumerate(lenses)
    ]
    light = np.clip(np.stack(blurred, axis=-1), 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def photographed(x: np.ndarray, noise: float, seed: int = 1) -> np.ndarray:
    """With noise, and rounded to 8 bit: float32."""
    noisy = x + np.random.default_rng(seed).normal(0, noise, x.shape)
    return (np.round(np.clip(noisy, 0, 1) * 255) / 255).astype(np.float32)


def inner(y: np.ndarray, scale: int) -> np.ndarray:
    """Trusted pixels of Y: all but a border."""
    edge = BORDER * scale
    trusted = np.zeros(y.shape[:2], bool)
    trusted[edge:-edge, edge:-edge] = True
    return trusted
