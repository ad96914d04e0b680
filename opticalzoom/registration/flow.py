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
_FAR = 4.0  # times the flow's sigma: from how far parts without evidence take their flow
_INCONSISTENT = 1e-3  # weight, of 1, of a part whose flow is inconsistent: it takes that of its surroundings
_FLAT = 0.03  # evidence from which on a part has a say in the flow
_NOTHING = 3e-3  # weight at which what is known from farther off counts as much
_ALONG = 0.15  # of a structure tensor of trace 2: what is no structure in that direction
_SEEN, _CLEARLY_SEEN = 0.1, 0.3  # evidence from which on the doubt is a pixel's own; the latter if all is uncertain
_ALIKE = 0.8  # correlation of edges that lie on each other
_UNLIKE, _WRONG = 0.2, 10.0  # correlation below which two things are seen, and the doubt for it in pixels
_STRAIGHT = 0.5  # of 1: how much more the picture changes across an edge than along it; 0 for texture
_FAINT = 1.0  # square of a gradient, in 255ths a pixel, that is mere noise
_MOST = 0.9  # of what is seen: its displacement tells how wrong an uncertain homography is
_TINY = 1e-6


def smooth_flow(
    moving: Image, fixed: Image, evidence: NDArray[np.float32], smoothing: float = 16.0, confident: bool = True
) -> tuple[Field, NDArray[np.float32]]:
    """Smooth flow with fixed(p) ≈ moving(p + flow(p)), and its doubt, both on a ``COARSE`` times coarser grid.

    Where nothing is to be seen the flow is that of the surroundings, and far from everything that is to be seen it is
    0: a homography is the best guess for a blank wall, which is as doubtful as most of what is seen.

    Args:
        moving: H×W uint8, locally normalised.
        fixed: H×W uint8, likewise.
        evidence: H×W float32 in [0, 1], how much there is to be seen, see
            :func:`~opticalzoom.registration.normalise.evidence_of`.
        smoothing: sigma of the flow's Gaussian in pixels.
        confident: whether the pictures are known to lie on each other but for depth. If not, parts in which nothing is
            to be seen are at least as doubtful as edges are displaced to begin with.

    Returns:
        h×w×2 float32 flow (dy, dx), and the h×w float32 doubt: by how much forward and backward flow disagree or, on
        straight edges that lie on each other, by how much these still seem displaced. Both in pixels of ``fixed``.
    """
    dis = _dense_inverse_search()
    # the stubs forget that there may be no initial flow
    forward = np.ascontiguousarray(dis.calc(fixed, moving, None)[..., ::-1])  # type: ignore[call-overload]
    backward = np.ascontiguousarray(dis.calc(moving, fixed, None)[..., ::-1])  # type: ignore[call-overload]
    discrepancy = compose(backward, forward)
    # flat parts have no say; all others the same, as a mean with uneven weights is biased where the flow has a slope
    weight = evidence / (evidence + np.float32(_FLAT))
    weight *= np.exp(-np.square(discrepancy).sum(axis=-1)) + np.float32(_INCONSISTENT)
    total = shrink(weight, COARSE)
    flow = shrink(forward * weight[..., None], COARSE) / np.maximum(total, np.float32(_TINY))[..., None]
    directions, strength = _structure(_calm(fixed, evidence))
    tensors = directions * total[..., None]
    far = _tensor_mean(flow, tensors, _FAR * smoothing / COARSE, np.zeros_like(flow))
    smooth = _tensor_mean(flow, tensors, smoothing / COARSE, far)
    # as vectors: noise averages out of the discrepancy as it does out of the flow, a wrong match does not
    seen = shrink(evidence, COARSE)
    rest = shrink(discrepancy * evidence[..., None], COARSE)
    error = np.linalg.norm(_mean(rest, seen, _DOUBT, np.zeros_like(rest), _TINY), axis=-1)
    visible, on_edge, unlike = _visible_displacement(_calm(follow(moving, smooth), evidence), _calm(fixed, evidence))
    error = np.where(on_edge, np.minimum(error, visible), error)
    error = np.where(unlike & (seen > _CLEARLY_SEEN), np.maximum(error, _WRONG), error)
    usual, least = _weighted_quantile(error, seen, 0.5), _SEEN
    if not confident:
        displaced, _, _ = _visible_displacement(_calm(moving, evidence), _calm(fixed, evidence))
        usual, least = max(usual, _weighted_quantile(displaced, seen * strength, _MOST)), _CLEARLY_SEEN
    known = np.square(cv2.GaussianBlur(seen, (0, 0), _DOUBT))
    known = known / (known + np.float32(least**2))
    doubt = known * error + (1 - known) * usual
    return smooth, np.asarray(doubt, np.float32)


def _structure(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """In which directions a displacement is seen, h×w×3 (yy, yx, xx), and how clearly, h×w, on the coarse grid.

    In texture it is about the unit tensor; across an edge it is 1, and 0 along it. The other is a gradient's square.
    """
    dy, dx = cv2.Sobel(picture, cv2.CV_32F, 0, 1, scale=1 / 8), cv2.Sobel(picture, cv2.CV_32F, 1, 0, scale=1 / 8)
    a, b, c = (cv2.GaussianBlur(shrink(part, COARSE), (0, 0), _DOUBT) for part in (dy * dy, dy * dx, dx * dx))
    half_trace = (a + c) / 2 + np.float32(_TINY)
    a, b, c = a / half_trace, b / half_trace, c / half_trace
    # its square over its square and a little: the same directions, but only clear ones count
    aa, bb, cc = a * a + b * b, a * b + b * c, b * b + c * c
    p, q = aa + np.float32(_ALONG**2), cc + np.float32(_ALONG**2)
    determinant = p * q - bb * bb
    tensors = np.dstack((aa * q - bb * bb, bb * p - aa * bb, cc * p - bb * bb)) / determinant[..., None]
    return np.asarray(tensors, np.float32), np.asarray(half_trace, np.float32)


def _tensor_mean(values: Field, tensors: NDArray[np.float32], sigma: float, otherwise: Field) -> Field:
    """Gaussian mean of h×w×2 vectors weighted by tensors; ``otherwise`` in directions that have no weight."""
    y, x, (yy, yx, xx) = values[..., 0], values[..., 1], cv2.split(tensors)
    a, b, c = (cv2.GaussianBlur(part, (0, 0), sigma) for part in (yy, yx, xx))
    right = cv2.GaussianBlur(np.dstack((yy * y + yx * x, yx * y + xx * x)), (0, 0), sigma)
    right += np.float32(_NOTHING) * otherwise
    a, c = a + np.float32(_NOTHING), c + np.float32(_NOTHING)
    solved = np.dstack((c * right[..., 0] - b * right[..., 1], a * right[..., 1] - b * right[..., 0]))
    return np.asarray(solved / (a * c - b * b)[..., None], np.float32)


def _mean(weighted: Field, total: Image, sigma: float, otherwise: Field, prior: float) -> Field:
    """Gaussian mean of h×w×2 that was multiplied by its weights, with ``otherwise`` at the weight ``prior``."""
    weights = cv2.GaussianBlur(total, (0, 0), sigma)[..., None] + np.float32(prior)
    return np.asarray((cv2.GaussianBlur(weighted, (0, 0), sigma) + np.float32(prior) * otherwise) / weights, np.float32)


def _calm(picture: Image, evidence: NDArray[np.float32]) -> NDArray[np.float32]:
    """The deviation of a normalised picture from grey, without what is mere noise, slightly blurred."""
    return np.asarray(cv2.GaussianBlur((picture.astype(np.float32) - 128) * evidence, (0, 0), 1.0))


def _visible_displacement(
    moved: NDArray[np.float32], fixed: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """How far two pictures still seem displaced, in pixels, where straight edges lie on each other, where nothing does.

    One step of Lucas and Kanade: along an edge no displacement is seen, and none does harm. Both on the coarse grid.
    """
    dy, dx = cv2.Sobel(fixed, cv2.CV_32F, 0, 1, scale=1 / 8), cv2.Sobel(fixed, cv2.CV_32F, 1, 0, scale=1 / 8)
    change = fixed - moved
    products = dy * dy, dy * dx, dx * dx, dy * change, dx * change, fixed * moved, fixed * fixed, moved * moved
    yy, yx, xx, y, x, both, one, other = (
        cv2.GaussianBlur(shrink(product, COARSE), (0, 0), _DOUBT) for product in products
    )
    likeness = both / np.sqrt(one * other + np.float32(_TINY))
    straight = np.hypot(yy - xx, 2 * yx) > _STRAIGHT * (yy + xx)
    yy, xx = yy + np.float32(_FAINT), xx + np.float32(_FAINT)
    length = np.hypot(xx * y - yx * x, yy * x - yx * y) / (yy * xx - yx * yx)
    return np.asarray(length, np.float32), straight & (likeness > _ALIKE), likeness < _UNLIKE


def _weighted_quantile(values: Image, weight: Image, share: float) -> float:
    """That share of the weight lies at values below it."""
    order = np.argsort(values, axis=None)
    total = np.cumsum(weight.flatten()[order])
    return float(values.flatten()[order][np.searchsorted(total, total[-1] * share)])


def _dense_inverse_search() -> cv2.DISOpticalFlow:
    """OpenCV's medium preset with fewer patches and iterations: as accurate here, in half of the time."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    dis.setPatchStride(4)
    dis.setGradientDescentIterations(12)
    return dis


def follow(moving: Image, flow: Field) -> Image:
    """moving(p + flow(p)) for a flow of :func:`smooth_flow`, as large as ``moving``."""
    return sample(moving, np.asarray(cv2.resize(flow, moving.shape[1::-1])), interpolation=cv2.INTER_LINEAR)
