"""Colour matching of two registered photographs."""

from __future__ import annotations

import cv2
import numpy as np

BLUR = 4.0
"""σ in pixels: colours are compared at this size, so that neither detail nor a residual shift counts."""
RIDGE = 1e-6
"""Pull towards no change, per pixel: what keeps a flat or grey picture from being fitted at will."""

CLIPPED = (2 / 255, 250 / 255)
"""Values outside of it may have been anything in the scene: an exposure of two stops more hides them."""


def match_colour(source: np.ndarray, target: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Give ``source`` the colours of ``target`` by the affine 3×4 map that fits best where ``mask`` is True.

    Args:
        source: H×W×3 float32 in [0, 1].
        target: the same, registered with it.
        mask: H×W bool, True where the two show the same thing.

    Returns:
        H×W×3 float32, not clipped. Without a single pixel in the mask it is ``source`` unchanged.
    """
    return apply_colour(source, fit_colour(source, target, mask))


def fit_colour(source: np.ndarray, target: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The affine map of :func:`match_colour`, 3×4 float64, fitted (least squares) to the blurred pictures.

    Clipped pixels of either are left out, if anything else is left.
    """
    clear = mask & _unclipped(source) & _unclipped(target)
    mask = clear if clear.any() else mask
    colours = np.stack([_blurred(channel, mask) for channel in cv2.split(source)] + [np.ones(int(mask.sum()))], -1)
    wanted = np.stack([_blurred(channel, mask) for channel in cv2.split(target)], -1)
    normal = colours.T @ colours + RIDGE * max(len(colours), 1) * np.eye(4)
    change = np.linalg.solve(normal, colours.T @ (wanted - colours[:, :3]))
    return np.asarray(change.T + np.eye(3, 4))


def apply_colour(picture: np.ndarray, colour_map: np.ndarray) -> np.ndarray:
    """The sharp picture, H×W×3 float32, through a map from :func:`fit_colour`; not clipped."""
    return np.asarray(cv2.transform(picture, colour_map), dtype=np.float32)


def _unclipped(picture: np.ndarray) -> np.ndarray:
    low, high = CLIPPED
    return np.asarray(((picture > low) & (picture < high)).all(axis=-1))


def _blurred(channel: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Blurred values at the mask's pixels, made of the mask's pixels only."""
    weight = mask.astype(np.float32)
    total = cv2.GaussianBlur(channel.astype(np.float32) * weight, (0, 0), BLUR)[mask]
    return (total / cv2.GaussianBlur(weight, (0, 0), BLUR)[mask]).astype(np.float64)
