"""Registration of a photo pair: a homography, then a dense flow for what the homography leaves.

Conventions: ``fixed`` is X on the target's grid (enlarged by the scale), ``moving`` the long shot Y as
photographed. The result maps every pixel of the registered target, which has the grid of ``fixed``, to the
pixel of ``moving`` that shows the same point.

Homography: SIFT matches (Lowe, https://doi.org/10.1023/B:VISI.0000029664.99615.94) with MAGSAC++
(https://arxiv.org/abs/1912.05909), phase correlation where there are too few, ECC refinement (Evangelidis and
Psarakis, https://doi.org/10.1109/TPAMI.2008.113). Flow: DIS (https://arxiv.org/abs/1603.03590) on locally
normalised images, smoothed with the forward-backward consistency as weight.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.homography import estimate_homography, refine_ecc
from opticalzoom.pairs.warp import (
    Field,
    Image,
    compose,
    homography_field,
    inside,
    resize_field,
    sample,
    scaled_homography,
)

Method = Literal["none", "homography", "flow"]

VERSION = 1
"""Part of every cache key: raise it when the result of a registration changes."""

_FEATURE_SIDE = 1600  # longest side for features and ECC: more costs time and adds no accuracy to eight numbers
_FLOW_SIDE = 2400
_SMOOTHING = 16.0  # pixels: sigma of the flow's Gaussian; 8 to 32 differ by 0.3 dB on City100
_CONSISTENT = 1.0  # pixels of forward-backward error that a trusted pixel may have
_MIN_CORRELATION = 0.35  # of locally normalised images: wrong pairs reach about 0.1, right ones 0.6 and more
_MIN_TRUSTED = 0.3
_MIN_SIDE = 32


@dataclass(frozen=True)
class Registration:
    """Where each pixel of the registered target lies in the moving image, and how far that can be trusted.

    Attributes:
        field: H×W×2 float32, (dy, dx) in pixels of the moving image: sample it at p + field(p).
        trusted: H×W bool, inside the moving image and consistent forwards and backwards.
        correlation: mean correlation of the two images' locally normalised luminance, −1 to 1.
        residual: median forward-backward error in pixels.
        reason: why the pair was rejected; empty for an accepted one.
    """

    field: Field
    trusted: NDArray[np.bool_]
    correlation: float = 1.0
    residual: float = 0.0
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether the pair can be used."""
        return not self.reason

    def warp(self, image: Image, interpolation: int = cv2.INTER_LANCZOS4) -> Image:
        """``image``, which has the moving image's grid, on the fixed image's: H×W×C, same dtype."""
        return sample(image, self.field, interpolation=interpolation)


def register(moving: Image, fixed: Image, *, scale: float = 1.0, method: Method = "flow") -> Registration:
    """Register two photographs of one scene; never raises for what they show.

    Args:
        moving: Y, h×w×3 RGB, uint8, uint16 or float32 in [0, 1].
        fixed: X on the target's grid, H×W×3, same choice of types.
        scale: how much ``fixed`` was enlarged: ``moving`` is blurred to the same sharpness for matching.
        method: ``flow`` (homography and flow), ``homography`` alone, or ``none`` (identity, all trusted).
    """
    height, width = fixed.shape[:2]
    if method == "none":
        identity = np.zeros((height, width, 2), np.float32)
        return Registration(identity, inside(identity, *moving.shape[:2]))
    if min(*fixed.shape[:2], *moving.shape[:2]) < _MIN_SIDE:
        return _rejected(height, width, f"smaller than {_MIN_SIDE} pixels")
    target, source = _luminance(fixed), cv2.GaussianBlur(_luminance(moving), (0, 0), max(scale / 2, 0.5))
    homography = _homography(source, target)
    if homography is None:
        return _rejected(height, width, "too few common features and no common shift")
    found = _refine_flow(source, target, homography_field(homography, height, width), apply_flow=method == "flow")
    return _judged(found, moving.shape[:2])


def _homography(source: Image, target: Image) -> NDArray[np.float64] | None:
    factor = min(1.0, _FEATURE_SIDE / max(target.shape))
    small_target, small_source = _shrink(target, factor), _shrink(source, factor)
    coarse = estimate_homography(small_source, small_target)
    if coarse is None:
        return None
    return scaled_homography(refine_ecc(small_source, small_target, coarse), 1 / factor)


def _refine_flow(source: Image, target: Image, glob: Field, *, apply_flow: bool) -> Registration:
    """Flow between the target and the globally warped source, on a grid of at most ``_FLOW_SIDE`` pixels.

    Without ``apply_flow`` the flow only serves to judge the homography and is not applied.
    """
    height, width = target.shape[:2]
    factor = min(1.0, _FLOW_SIDE / max(height, width))
    a = normalise_locally(_shrink(target, factor))
    b = normalise_locally(_shrink(sample(source, glob, interpolation=cv2.INTER_LINEAR), factor))
    forward, error = smooth_flow(a, b)
    if not apply_flow:
        forward = np.zeros_like(forward)
    correlation = local_correlation(a, sample(b, forward, interpolation=cv2.INTER_LINEAR))
    field = compose(glob, resize_field(forward, height, width))
    error = cv2.resize(error, (width, height)) / factor
    return Registration(field, error < _CONSISTENT, correlation, float(np.median(error)))


def smooth_flow(a: Image, b: Image) -> tuple[Field, NDArray[np.float32]]:
    """Smooth flow with a(p) ≈ b(p + flow(p)), and its forward-backward error in pixels.

    Args:
        a: H×W uint8.
        b: H×W uint8.

    Returns:
        H×W×2 float32 flow (dy, dx) and the H×W float32 length of forward + backward flow before smoothing.
    """
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    # the stubs forget that there may be no initial flow
    forward = np.ascontiguousarray(dis.calc(a, b, None)[..., ::-1])  # type: ignore[call-overload]
    backward = np.ascontiguousarray(dis.calc(b, a, None)[..., ::-1])  # type: ignore[call-overload]
    error = np.linalg.norm(compose(backward, forward), axis=-1).astype(np.float32)
    weight = np.exp(-(error**2)) + 1e-3  # never zero: empty regions take the flow of their surroundings
    total = cv2.GaussianBlur(weight, (0, 0), _SMOOTHING)
    smooth = cv2.GaussianBlur(forward * weight[..., None], (0, 0), _SMOOTHING) / total[..., None]
    return np.asarray(smooth, dtype=np.float32), error


def normalise_locally(luminance: Image, sigma: float = 12.0) -> NDArray[np.uint8]:
    """Mean and contrast of every neighbourhood made equal, H×W uint8 around 128: immune to exposure and shading."""
    grey = luminance.astype(np.float32)
    mean = cv2.GaussianBlur(grey, (0, 0), sigma)
    variance = cv2.GaussianBlur(grey * grey, (0, 0), sigma) - mean * mean
    contrast = np.sqrt(np.maximum(variance, 4.0))  # flat regions keep their noise small
    return np.asarray(np.clip(128 + 40 * (grey - mean) / contrast, 0, 255), dtype=np.uint8)


def local_correlation(a: Image, b: Image) -> float:
    """Correlation coefficient of two normalised images; 0 where one of them is flat."""
    deviation_a, deviation_b = a.astype(np.float32) - 128, b.astype(np.float32) - 128
    norm = float(np.sqrt((deviation_a**2).mean() * (deviation_b**2).mean()))
    return float((deviation_a * deviation_b).mean()) / norm if norm > 0 else 0.0


def _judged(found: Registration, moving_size: tuple[int, int]) -> Registration:
    trusted = found.trusted & inside(found.field, *moving_size)
    reason = ""
    if found.correlation < _MIN_CORRELATION:
        reason = (
            f"the pictures do not match (correlation {found.correlation:.2f}, at least {_MIN_CORRELATION} expected)"
        )
    elif trusted.mean() < _MIN_TRUSTED:
        reason = f"only {trusted.mean():.0%} of the pixels could be registered (at least {_MIN_TRUSTED:.0%} expected)"
    return replace(found, trusted=trusted, reason=reason)


def _rejected(height: int, width: int, reason: str) -> Registration:
    nothing = np.zeros((height, width), dtype=bool)
    return Registration(
        np.zeros((height, width, 2), np.float32), nothing, correlation=0.0, residual=np.inf, reason=reason
    )


def _luminance(image: Image) -> NDArray[np.uint8]:
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    elif image.dtype != np.uint8:
        image = np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def _shrink(image: Image, factor: float) -> Image:
    if factor == 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
