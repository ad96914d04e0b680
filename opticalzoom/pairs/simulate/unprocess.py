"""RAW shots simulated from developed pictures, by going a camera's pipeline backwards.

After Brooks et al., "Unprocessing Images for Learned Raw Denoising", CVPR 2019, https://arxiv.org/abs/1811.11127; their
tone curve is left out, as :func:`opticalzoom.photo.raw.raw_file.render` has none but sRGB's.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.pair import Pixels
from opticalzoom.photo.colour.srgb import matrix_from_xyz, srgb_to_linear
from opticalzoom.photo.photograph import to_float
from opticalzoom.photo.raw.mosaic import mosaic_of
from opticalzoom.photo.raw.raw_file import RawPhoto

_COLOR_MATRICES = np.array(
    [
        [[8821, -2938, -785], [-4178, 12142, 2287], [-824, 1651, 6860]],  # Nikon D5500
        [[6629, -1900, -483], [-4618, 12349, 2550], [-622, 1381, 6514]],  # Sony ILCE-7RM2
        [[4716, 603, -830], [-7798, 15474, 2480], [-1496, 1937, 6651]],  # Canon EOS 5D Mark II
        [[8380, -2630, -639], [-2887, 10725, 2496], [-627, 1427, 5438]],  # Olympus E-M5
        [[7122, -2108, -512], [-3155, 11201, 2231], [-541, 1423, 5044]],  # Panasonic DMC-GH4
    ]
)
"""CIE XYZ to camera RGB, times 10,000: facts about cameras, as LibRaw 0.22 reports them."""
_BLOWN = 0.98
"""From this level of the least channel on, the inverse gains fade out, so that white fills the pixels of every colour
as real highlights do. The paper begins at 0.9, which tints what lies between once red and blue are clipped."""


@dataclass(frozen=True)
class MosaicSimulation:
    """A Bayer camera without lens: colours, white balance, mosaic and noise of a picture's linear light.

    Each picture draws its own camera from the ranges, fixed by ``seed`` and its name.

    Attributes:
        seed: another seed, other cameras.
        red_gain: range of the as-shot gain of R over G.
        blue_gain: range of that of B.
        shot_noise: range of the noise variance per unit of signal (1 is the sensor's white), drawn evenly in its
            logarithm: pixels that hold from 100,000 down to 2,000 electrons, a large sensor at ISO 50 to about 2000.
        read_noise: range of the standard deviation of the signal-independent noise, likewise.
    """

    seed: int = 0
    red_gain: tuple[float, float] = (1.6, 2.6)
    blue_gain: tuple[float, float] = (1.2, 2.2)
    shot_noise: tuple[float, float] = (1e-5, 5e-4)
    read_noise: tuple[float, float] = (2e-4, 2e-3)

    def shoot(self, picture: Pixels, name: str) -> RawPhoto:
        """What a sensor of the picture's size would have recorded.

        Args:
            picture: H×W×3 sRGB, uint8 or uint16; an odd last row or column is left out.
            name: what the camera is drawn by.
        """
        return self.expose(srgb_to_linear(to_float(picture)), name)

    def expose(self, light: NDArray[np.float32], name: str) -> RawPhoto:
        """What a sensor records of H×W×3 linear sRGB, 1 is white; an odd last row or column is left out."""
        rng = np.random.default_rng((self.seed, zlib.crc32(name.encode(errors="backslashreplace"))))
        matrix = self._matrix(rng)
        gains = np.array([rng.uniform(*self.red_gain), 1.0, rng.uniform(*self.blue_gain)])
        height, width = (side // 2 * 2 for side in light.shape[:2])
        camera = np.clip(light[:height, :width] @ np.linalg.inv(matrix).T.astype(np.float32), 0, 1)
        clean = mosaic_of(_without_gains(camera, gains))
        shot, read = (np.exp(rng.uniform(*np.log(span))) for span in (self.shot_noise, self.read_noise))
        deviation = np.sqrt(clean * shot + read**2)
        noisy = clean + deviation * rng.standard_normal(clean.shape, dtype=np.float32)
        return RawPhoto(noisy.astype(np.float32), gains, matrix)

    @staticmethod
    def _matrix(rng: np.random.Generator) -> NDArray[np.float64]:
        """A camera between the real ones."""
        shares = rng.dirichlet(np.ones(len(_COLOR_MATRICES)))
        return matrix_from_xyz(np.tensordot(shares, _COLOR_MATRICES / 10_000, axes=1))


def _without_gains(camera: NDArray[np.float32], gains: NDArray[np.float64]) -> NDArray[np.float32]:
    """White balance undone, but for highlights."""
    blown = (np.maximum(camera.min(axis=2, keepdims=True) - _BLOWN, 0) / (1 - _BLOWN)) ** 2
    return np.asarray(camera * (blown + (1 - blown) / gains), dtype=np.float32)
