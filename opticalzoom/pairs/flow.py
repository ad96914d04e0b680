"""Dense flow between two pictures that a homography has brought together, and how far it can be trusted.

DIS (https://arxiv.org/abs/1603.03590) on locally normalised images, smoothed with the forward-backward consistency as
weight.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.warp import Field, Image, compose


def smooth_flow(a: Image, b: Image, smoothing: float = 16.0) -> tuple[Field, NDArray[np.float32]]:
    """Smooth flow with a(p) ≈ b(p + flow(p)), and its forward-backward error in pixels.

    Args:
        a: H×W uint8.
        b: H×W uint8.
        smoothing: sigma of the flow's Gaussian in pixels.

    Returns:
        H×W×2 float32 flow (dy, dx) and the H×W float32 length of forward + backward flow before smoothing.
    """
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    # the stubs forget that there may be no initial flow
    forward = np.ascontiguousarray(dis.calc(a, b, None)[..., ::-1])  # type: ignore[call-overload]
    backward = np.ascontiguousarray(dis.calc(b, a, None)[..., ::-1])  # type: ignore[call-overload]
    error = np.linalg.norm(compose(backward, forward), axis=-1).astype(np.float32)
    weight = np.exp(-(error**2)) + 1e-3  # never zero: empty regions take the flow of their surroundings
    total = cv2.GaussianBlur(weight, (0, 0), smoothing)
    smooth = cv2.GaussianBlur(forward * weight[..., None], (0, 0), smoothing) / total[..., None]
    return np.asarray(smooth, dtype=np.float32), error
