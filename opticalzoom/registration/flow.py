"""Dense flow between two pictures that a homography has brought together, and how far it can be trusted.

DIS (https://arxiv.org/abs/1603.03590) on locally normalised images, smoothed with the forward-backward consistency as
weight.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from opticalzoom.registration.warp import Field, Image, compose, sample, shrink

COARSE = 4
"""Pixels of the pictures per pixel of the flow, along a side: it is smoother than that anyway."""
_DOUBT = 2.0  # sigma over which the forward-backward discrepancy is averaged, in pixels of the flow


def smooth_flow(moving: Image, fixed: Image, smoothing: float = 16.0) -> tuple[Field, NDArray[np.float32]]:
    """Smooth flow with fixed(p) ≈ moving(p + flow(p)), and how far to trust it, on a ``COARSE`` times coarser grid.

    Args:
        moving: H×W uint8.
        fixed: H×W uint8.
        smoothing: sigma of the flow's Gaussian in pixels.

    Returns:
        h×w×2 float32 flow (dy, dx) in pixels of ``fixed``, and the h×w float32 length of forward + backward flow, less
        smoothed than the flow.
    """
    dis = _dense_inverse_search()
    # the stubs forget that there may be no initial flow
    forward = np.ascontiguousarray(dis.calc(fixed, moving, None)[..., ::-1])  # type: ignore[call-overload]
    backward = np.ascontiguousarray(dis.calc(moving, fixed, None)[..., ::-1])  # type: ignore[call-overload]
    discrepancy = compose(backward, forward)
    weight = np.exp(-np.square(discrepancy).sum(axis=-1))
    weight += np.float32(1e-3)  # never zero: empty regions take the flow of their surroundings
    sigma = smoothing / COARSE
    total = cv2.GaussianBlur(shrink(weight, COARSE), (0, 0), sigma)
    smooth = cv2.GaussianBlur(shrink(forward * weight[..., None], COARSE), (0, 0), sigma) / total[..., None]
    # as vectors: noise averages out of the discrepancy as it does out of the flow, a wrong match does not
    error = np.linalg.norm(cv2.GaussianBlur(shrink(discrepancy, COARSE), (0, 0), _DOUBT), axis=-1)
    return np.asarray(smooth, dtype=np.float32), error.astype(np.float32)


def _dense_inverse_search() -> cv2.DISOpticalFlow:
    """OpenCV's medium preset with fewer patches and iterations: as accurate here, in half of the time."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    dis.setPatchStride(4)
    dis.setGradientDescentIterations(12)
    return dis


def follow(moving: Image, flow: Field) -> Image:
    """moving(p + flow(p)) for a flow of :func:`smooth_flow`, as large as ``moving``."""
    return sample(moving, np.asarray(cv2.resize(flow, moving.shape[1::-1])), interpolation=cv2.INTER_LINEAR)
