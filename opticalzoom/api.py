"""Zooming images in memory, whoever's they are: NumPy's, Pillow's or PyTorch's; see :func:`opticalzoom.load`."""

from __future__ import annotations

from os import PathLike, fspath
from typing import cast, overload

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from opticalzoom.errors import ConfigError, ModelError, PhotoError
from opticalzoom.models.contract import Contract
from opticalzoom.photo.colours import filled
from opticalzoom.photo.encode import fitting_icc
from opticalzoom.tiles import overlap
from opticalzoom.zoom import TILE, windows, zoom
from opticalzoom.zoomer import load_zoomer

_LARGEST = 2.0
"""What floats in [0, 1] may overshoot to; beyond it they are of another range."""


class Zoom:
    """Enlarges images by a whole factor, in tiles without seams.

    Args:
        weights: bundled weights by name or a file, for RGB; without them the bundled ones that suit ``scale``.
        scale: must be that of the weights.

    Raises:
        OpticalZoomError: as :func:`opticalzoom.load`.
    """

    def __init__(self, weights: str | PathLike[str] | None = None, scale: int | None = None) -> None:
        self._model = cast(nn.Module, load_zoomer(None if weights is None else fspath(weights), scale).model)
        if self._contract.input == "raw":
            raise ModelError("these weights take RAW files.", remedy="Use `opticalzoom zoom`, or weights for photos.")
        if scale not in (None, self.scale):
            raise ConfigError(f"the weights {weights or 'that suit best'} are for ×{self.scale}, expected ×{scale}.")

    @property
    def scale(self) -> int:
        """How many times larger images become."""
        return self._contract.scale

    @property
    def _contract(self) -> Contract:
        return cast(Contract, self._model.contract)

    @overload
    def __call__(self, image: np.ndarray) -> np.ndarray: ...
    @overload
    def __call__(self, image: Image.Image) -> Image.Image: ...
    @overload
    def __call__(self, image: Tensor) -> Tensor: ...

    def __call__(self, image: np.ndarray | Image.Image | Tensor) -> np.ndarray | Image.Image | Tensor:
        """The image enlarged: s times as high and wide, otherwise as it was. Colours are sRGB-like, not linear light.

        Grey is zoomed as RGB and averaged; alpha, the last of 2 or 4 channels, is enlarged bicubically, and what
        it hides is not looked at.

        Args:
            image: one of

                - NumPy: H×W or H×W×C, C from 1 to 4, uint8, uint16 or float in [0, 1].
                - Pillow: any mode of 8 or 16 bits; L, LA, RGB, RGBA and I;16 stay, others become grey, RGB or RGBA.
                  ``info`` (EXIF, profile) is kept, as by ``Image.resize``; turn photos upright before.
                - PyTorch: C×H×W or N×C×H×W, C from 1 to 4, float in [0, 1]; computed in float32 on its device, without
                  gradients.

        Returns:
            The same type, dtype, mode and device; floats clipped to [0, 1].

        Raises:
            PhotoError: an image of another type, shape, dtype, mode or range.
        """
        if isinstance(image, Tensor):
            return self._zoom_tensor(image)
        if isinstance(image, Image.Image):
            return self._zoom_pillow(image)
        if isinstance(image, np.ndarray):
            return self._zoom_array(image)
        raise PhotoError(f"the image is a {type(image).__name__}, expected one of NumPy, Pillow or PyTorch.")

    def _zoom_array(self, image: np.ndarray, icc: bytes | None = None) -> np.ndarray:
        if image.ndim not in (2, 3):
            raise PhotoError(f"the array has the shape {image.shape}, expected H×W or H×W×C.")
        pixels = image if image.ndim == 3 else image[..., None]
        if np.issubdtype(image.dtype, np.floating):
            planes = torch.from_numpy(np.ascontiguousarray(pixels, np.float32)).permute(2, 0, 1)
            zoomed = self._zoom_tensor(planes).permute(1, 2, 0).numpy().astype(image.dtype)
        else:
            self._model.to("cpu")
            zoomed = zoom(self._model, pixels, icc=icc)
        return zoomed if image.ndim == 3 else zoomed[..., 0]

    def _zoom_pillow(self, image: Image.Image) -> Image.Image:
        pixels = _pixels(image)
        icc = fitting_icc(image.info.get("icc_profile"), pixels.shape[2] if pixels.ndim == 3 else 1)
        zoomed = Image.fromarray(self._zoom_array(pixels, icc))
        zoomed.info = {key: value for key, value in image.info.items() if key != "transparency"}
        return zoomed

    @torch.no_grad()  # inference mode would give tensors that nothing can be trained with
    def _zoom_tensor(self, image: Tensor) -> Tensor:
        _check_tensor(image)
        self._model.to(image.device)
        x = image.to(torch.float32)
        x = x if x.ndim == 4 else x[None]
        colours = 3 if x.shape[1] > 2 else 1
        colour, alpha = x[:, :colours], x[:, colours:]
        if alpha.shape[1]:
            colour = _filled(colour, alpha)
        zoomed = _zoom_planes(self._model, colour)
        if alpha.shape[1]:
            zoomed = torch.cat((zoomed, F.interpolate(alpha, scale_factor=self.scale, mode="bicubic")), 1)
        zoomed = zoomed.clamp(0, 1).to(image.dtype)
        return zoomed if image.ndim == 4 else zoomed[0]


def _zoom_planes(model: nn.Module, x: Tensor) -> Tensor:
    """N×C×H×W (C = 1 or 3) enlarged, tile by tile, not clipped."""
    contract = cast(Contract, model.contract)
    count, channels, height, width = x.shape
    zoomed = x.new_empty((count, channels, height * contract.scale, width * contract.scale))
    for window in windows(height, width, TILE):
        cut = window.grown(overlap(contract), height, width)
        part = x[..., cut.rows, cut.columns].expand(-1, 3, -1, -1)
        if contract.input == "resized":
            part = F.interpolate(part, scale_factor=contract.scale, mode="bicubic").clamp(0, 1)
        image = model.forward_unaligned(part).image  # type: ignore[operator]
        rows, columns = window.inside(cut).scaled(contract.scale)
        image = image[..., rows, columns]
        rows, columns = window.scaled(contract.scale)
        zoomed[..., rows, columns] = image.mean(1, keepdim=True) if channels == 1 else image
    return zoomed


def _filled(colour: Tensor, alpha: Tensor) -> Tensor:
    """See :func:`~opticalzoom.photo.colours.filled`; N×C×H×W and N×1×H×W."""
    arrays = colour.movedim(1, -1).cpu().numpy(), alpha[:, 0].cpu().numpy()
    filled_up = np.stack([filled(*one) for one in zip(*arrays, strict=True)])
    return torch.from_numpy(filled_up).movedim(-1, 1).to(colour.device)


def _pixels(image: Image.Image) -> np.ndarray:
    """H×W or H×W×C of a mode that is known here; of others, those of the nearest one."""
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16)
    if image.mode in ("I", "F"):
        raise PhotoError(
            f"the image is of Pillow's mode {image.mode}, expected 8 or 16 bits.",
            remedy="Convert it, or give an array of floats in [0, 1].",
        )
    colour = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    try:
        return np.asarray(image.convert(colour + "A" * image.has_transparency_data))
    except ValueError as error:
        raise PhotoError(
            f"the image is of Pillow's mode {image.mode} ({error}).", remedy="Convert it to RGB."
        ) from error


def _check_tensor(image: Tensor) -> None:
    if image.ndim not in (3, 4) or not 1 <= image.shape[-3] <= 4 or 0 in image.shape:
        raise PhotoError(f"{tuple(image.shape)} is not C×H×W or N×C×H×W with C from 1 to 4.")
    if not image.is_floating_point():
        raise PhotoError(
            f"the tensor is {image.dtype}, expected floats in [0, 1].", remedy="Divide by the largest value."
        )
    low, high = (float(value) for value in image.aminmax())
    if not 1 - _LARGEST <= low <= high <= _LARGEST:  # false for NaN too
        raise PhotoError(
            f"the values go from {low:g} to {high:g}, expected [0, 1].", remedy="Divide by the largest value."
        )
