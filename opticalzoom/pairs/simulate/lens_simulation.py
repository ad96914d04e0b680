"""Optical zoom made from one photograph: what a camera would have seen of it at a shorter focal length."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.colour.srgb import linear_to_srgb, srgb_to_linear
from opticalzoom.photo.raw.raw_file import RawPhoto
from opticalzoom.registration.warp import Image, homography_field, sample


@dataclass(frozen=True)
class LensSimulation:
    """A camera at a shorter focal length: lens blur, lateral colour, the sensor's pixels and noise, in linear light;
    then what the camera makes of it: sharpening and JPEG.

    Each picture draws its own camera from the ranges, fixed by ``seed`` and its name. They begin at a sharp lens: a
    network that has only seen soft ones puts rings around everything that is sharp.

    Attributes:
        scale: Y over X.
        seed: another seed, other lenses.
        blur: range of the point-spread function's sigma, in pixels of X.
        lateral_colour: largest shift of red and blue at the corners, in pixels of X.
        shot_noise: range of the noise variance per unit of linear light.
        read_noise: range of the standard deviation of the signal-independent noise.
        sharpening: range of the unsharp mask's amount.
        jpeg: range of the JPEG quality.
    """

    scale: int
    seed: int = 0
    blur: tuple[float, float] = (0.1, 0.8)
    lateral_colour: float = 0.4
    shot_noise: tuple[float, float] = (1e-5, 1e-4)
    read_noise: tuple[float, float] = (5e-4, 2e-3)
    sharpening: tuple[float, float] = (0.0, 0.8)
    jpeg: tuple[int, int] = (85, 100)

    def shoot(self, y: Image, name: str) -> NDArray[np.uint8]:
        """The short shot of Y: sH×sW×3 sRGB uint8 or uint16 in, H×W×3 uint8 out."""
        return self._finish(*self._expose(y, name))

    def shoot_both(self, y: Image, name: str, sensor: MosaicSimulation) -> tuple[NDArray[np.uint8], RawPhoto]:
        """The short shot as :meth:`shoot` has it, and as the mosaic of a sensor behind the same lens."""
        light, rng = self._expose(y, name)
        return self._finish(light, rng), sensor.expose(light, name)

    def _expose(self, y: Image, name: str) -> tuple[NDArray[np.float32], np.random.Generator]:
        """The light on the sensor's pixels, H×W×3 linear, without noise; and what draws the rest of the camera."""
        rng = np.random.default_rng((self.seed, zlib.crc32(name.encode(errors="backslashreplace")), self.scale))
        linear = self._aberrate(srgb_to_linear(y.astype(np.float32) / np.float32(np.iinfo(y.dtype).max)), rng)
        sigma = rng.uniform(*self.blur) * self.scale * rng.uniform(0.9, 1.1, 2)
        blurred = cv2.GaussianBlur(linear, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1])
        height, width = (side // self.scale for side in y.shape[:2])
        return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_AREA)), rng

    def _finish(self, light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Noise, sharpening and JPEG, as cameras do: H×W×3 linear to sRGB uint8."""
        deviation = np.sqrt(np.maximum(light, 0) * rng.uniform(*self.shot_noise) + rng.uniform(*self.read_noise) ** 2)
        noise = rng.standard_normal(light.shape, dtype=np.float32)
        encoded = linear_to_srgb(np.asarray(light + deviation * noise, dtype=np.float32))
        detail = encoded - cv2.GaussianBlur(encoded, (0, 0), 1.0)
        sharpened = np.clip(encoded + rng.uniform(*self.sharpening) * detail, 0, 1)
        quality = int(rng.integers(self.jpeg[0], self.jpeg[1] + 1))
        pixels = np.asarray(sharpened * 255 + 0.5, dtype=np.uint8)
        _, file = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded: Image = cv2.imdecode(file, cv2.IMREAD_COLOR)  # type: ignore[assignment]  # None only for damaged files
        return decoded[..., ::-1].copy()

    def _aberrate(self, linear: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Red and blue magnified differently about the centre, as lateral chromatic aberration does."""
        height, width = linear.shape[:2]
        channels = list(cv2.split(linear))
        for channel in (0, 2):
            corner_shift = rng.uniform(-1, 1) * self.lateral_colour * self.scale
            zoom = 1 + corner_shift / max(np.hypot(height, width) / 2, 1)
            centre = np.array(
                [[zoom, 0, (1 - zoom) * (width - 1) / 2], [0, zoom, (1 - zoom) * (height - 1) / 2], [0, 0, 1]]
            )
            channels[channel] = sample(
                channels[channel], homography_field(centre, height, width), interpolation=cv2.INTER_CUBIC
            )
        return np.asarray(cv2.merge(channels))
