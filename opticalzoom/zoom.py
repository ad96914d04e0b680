"""One photo in, the zoomed photo out: tiles with overlap, so that memory stays bounded and no seam is left.

Tiles equal the untiled run: each is cut with as much around it as the network looks at, and at the photo's border
nothing is added, so that the network's own padding acts where it would without tiles.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple, cast

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from opticalzoom.errors import ConfigError, ModelError, PhotoError
from opticalzoom.models.contract import Contract
from opticalzoom.photo.image import Photo, from_float, to_float

TILE = 256
"""Side of a tile in photo pixels: the overlap costs a third more work, the paper's ×4 network about 1 GB."""

Progress = Callable[[int, int], None]
"""Called after every tile with the number of tiles done and of all tiles."""

_BICUBIC_REACH = 2


class Window(NamedTuple):
    """Rows and columns of a photo."""

    rows: slice
    columns: slice

    def grown(self, margin: int, height: int, width: int) -> Window:
        """This window with ``margin`` pixels around it, as far as the photo of height×width has them."""
        return Window(_grown(self.rows, margin, height), _grown(self.columns, margin, width))

    def scaled(self, scale: int) -> Window:
        """The same part of the photo enlarged by ``scale``."""
        return Window(*(slice(side.start * scale, side.stop * scale) for side in self))

    def inside(self, other: Window) -> Window:
        """This window counted from the top left of ``other``."""
        return Window(*(slice(a.start - b.start, a.stop - b.start) for a, b in zip(self, other, strict=True)))


def windows(height: int, width: int, tile: int) -> list[Window]:
    """Windows of nearly equal size, at most ``tile`` pixels a side, that cover height×width pixels exactly once.

    Raises:
        ConfigError: ``tile`` is below 1.
    """
    if tile < 1:
        raise ConfigError(f"the side of a tile is {tile}, expected at least 1 pixel.")
    return [Window(rows, columns) for rows in _spans(height, tile) for columns in _spans(width, tile)]


def overlap(contract: Contract) -> int:
    """How many photo pixels a tile needs around it so that its zoom equals that of the whole photo.

    Raises:
        ModelError: the model takes RAW input, not a photo.
    """
    if contract.input == "raw":
        raise ModelError("these weights take RAW input, expected weights for photos (rgb or resized).")
    if contract.input == "resized":
        return math.ceil(contract.receptive_field / contract.scale) + _BICUBIC_REACH
    return contract.receptive_field


@torch.inference_mode()
def zoom(model: nn.Module, pixels: np.ndarray, *, tile: int = TILE, progress: Progress | None = None) -> np.ndarray:
    """Enlarge pixels by the model's scale, tile by tile, without alignment (the photo is its own reference).

    Grey is zoomed as RGB and averaged; alpha is enlarged bicubically. Weights for ``resized`` input get every tile
    bicubically enlarged. Nothing but a tile is held as floats.

    Args:
        model: in eval mode, float32, on the CPU; its weights are put into channels_last order, values unchanged.
        pixels: H×W×C, C = 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha); uint8 or uint16.
        tile: largest side of a tile in pixels of the input; the result doesn't depend on it.
        progress: see :data:`Progress`.

    Returns:
        sH×sW×C of the same dtype.

    Raises:
        ModelError: the model takes RAW input.
        PhotoError: pixels of another shape or dtype, or more than the memory holds.
        ConfigError: ``tile`` is below 1.
    """
    photo = Photo(pixels)
    contract = cast(Contract, model.contract)
    margin, scale = overlap(contract), contract.scale
    model.to(memory_format=torch.channels_last)
    height, width, channels = pixels.shape
    output = _allocate((height * scale, width * scale, channels), pixels.dtype)
    tiles = windows(height, width, tile)
    for done, window in enumerate(tiles, start=1):
        cut = window.grown(margin, height, width)
        zoomed = _zoom_tile(model, photo.color[cut])[window.inside(cut).scaled(scale)]
        output[window.scaled(scale)][..., : zoomed.shape[2]] = from_float(zoomed, pixels.dtype)
        if progress:
            progress(done, len(tiles))
    if photo.alpha is not None:
        size = width * scale, height * scale
        output[..., -1] = cv2.resize(np.ascontiguousarray(photo.alpha), size, interpolation=cv2.INTER_CUBIC)
    return output


def zoom_photo(photo: Photo, model: nn.Module, *, tile: int = TILE, progress: Progress | None = None) -> Photo:
    """A photo zoomed by :func:`zoom`, with its EXIF and colour profile.

    Raises:
        OpticalZoomError: as :func:`zoom`.
    """
    return photo.replace(zoom(model, photo.pixels, tile=tile, progress=progress))


def _zoom_tile(model: nn.Module, color: np.ndarray) -> np.ndarray:
    """h×w×C (C = 1 or 3) integers to sh×sw×C float32, not clipped."""
    contract = cast(Contract, model.contract)
    x = torch.from_numpy(to_float(color)).permute(2, 0, 1)[None].expand(-1, 3, -1, -1)
    if contract.input == "resized":
        x = F.interpolate(x, scale_factor=contract.scale, mode="bicubic").clamp(0, 1)
    x = x.contiguous(memory_format=torch.channels_last)
    image: Tensor = model.forward_unaligned(x).image[0]  # type: ignore[operator]
    if color.shape[2] == 1:
        image = image.mean(0, keepdim=True)
    return image.permute(1, 2, 0).numpy()


def _allocate(shape: tuple[int, int, int], dtype: np.dtype) -> np.ndarray:
    try:
        return np.empty(shape, dtype)
    except MemoryError as error:
        raise PhotoError(
            f"the zoomed photo would have {shape[1]}×{shape[0]} pixels, more than the memory holds.",
            remedy="Zoom a part of it.",
        ) from error


def _spans(length: int, tile: int) -> list[slice]:
    parts = math.ceil(length / tile)
    edges = [length * i // parts for i in range(parts + 1)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _grown(side: slice, margin: int, length: int) -> slice:
    return slice(max(0, side.start - margin), min(length, side.stop + margin))
