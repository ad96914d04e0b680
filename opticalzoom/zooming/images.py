"""Zooming images in memory, whoever's they are: NumPy's, Pillow's or PyTorch's; see :func:`opticalzoom.load`."""

from __future__ import annotations

import sys
from os import PathLike, fspath
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from PIL import Image

from opticalzoom.errors import ConfigError, ModelError, PhotoError, ShapeError
from opticalzoom.lenses.library import installed, lenses_for
from opticalzoom.photo.colour.conversion import srgb_image
from opticalzoom.photo.colour.icc import fitting_icc
from opticalzoom.photo.metadata import read_metadata
from opticalzoom.weights.computing import Backend, Precision
from opticalzoom.zooming.in_memory import plain_array, zoom
from opticalzoom.zooming.zoomer import chosen_weights, load_zoomer

if TYPE_CHECKING:
    from torch import Tensor


class Zoom:
    """Enlarges images by a whole factor, in tiles without seams.

    Args:
        weights: bundled weights by name or a file, for RGB; without them the bundled ones that suit ``scale``.
        scale: must be that of the weights.
        backend: what computes.
        precision: what in.
        photo: a file whose camera and lens learned weights are to suit, if ``weights`` names none.

    Attributes:
        weights: the file or the name of what zooms.

    Raises:
        OpticalZoomError: as :func:`opticalzoom.load`.
    """

    def __init__(
        self,
        weights: str | PathLike[str] | None = None,
        scale: int | None = None,
        backend: Backend | Literal["auto"] = "auto",
        precision: Precision | Literal["auto"] = "auto",
        photo: str | PathLike[str] | None = None,
    ) -> None:
        name = None if weights is None else fspath(weights)
        learned = [] if photo is None else lenses_for(read_metadata(photo), "rgb", installed())
        self.weights = chosen_weights(name, scale, False, learned)
        self._engine = load_zoomer(self.weights, scale, backend=backend, precision=precision).engine
        if self._engine.contract.input == "raw":
            raise ModelError("these weights take RAW files.", remedy="Use `opticalzoom zoom`, or weights for photos.")
        if scale not in (None, self.scale):
            raise ConfigError(f"the weights {weights or 'that suit best'} are for ×{self.scale}, expected ×{scale}.")

    @property
    def scale(self) -> int:
        """How many times larger images become."""
        return self._engine.contract.scale

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

                - NumPy: H×W or H×W×C, C from 1 to 4, uint8, uint16 or float in [0, 1], a little more along edges.
                  Subclasses become plain arrays.
                - Pillow: any mode of 8 or 16 bits; L, LA, RGB, RGBA and I;16 stay, others become grey, RGB or RGBA.
                  ``info`` (EXIF, profile) is kept, as by ``Image.resize``; turn photos upright before.
                - PyTorch: C×H×W or N×C×H×W, C from 1 to 4, float in [0, 1]; computed in float32, without gradients.

        Returns:
            The same type, dtype, mode and device; floats clipped to [0, 1].

        Raises:
            PhotoError: an image of another type, dtype, mode or range, or with masked pixels.
            ShapeError: an image of another shape.
        """
        pytorch = sys.modules.get("torch")  # who has a tensor has imported it
        if pytorch and isinstance(image, pytorch.Tensor):
            return self._zoom_tensor(image)
        if isinstance(image, Image.Image):
            return self._zoom_pillow(image)
        if isinstance(image, np.ndarray):
            return self._zoom_array(image)
        raise PhotoError(f"the image is a {type(image).__name__}, expected one of NumPy, Pillow or PyTorch.")

    def _zoom_array(self, image: np.ndarray, icc: bytes | None = None) -> np.ndarray:
        if image.ndim not in (2, 3) or 0 in image.shape:
            raise ShapeError(f"the array has the shape {image.shape}, expected H×W or H×W×C, and no side of 0.")
        pixels = plain_array(image)
        pixels = pixels if image.ndim == 3 else pixels[..., None]
        if np.issubdtype(image.dtype, np.floating):
            pixels = pixels.astype(np.float32)
        zoomed = zoom(self._engine, pixels, icc=icc).astype(image.dtype, copy=False)
        return zoomed if image.ndim == 3 else zoomed[..., 0]

    def _zoom_pillow(self, image: Image.Image) -> Image.Image:
        image = srgb_image(image)
        pixels = _pixels(image)
        icc = fitting_icc(image.info.get("icc_profile"), pixels.shape[2] if pixels.ndim == 3 else 1)
        zoomed = Image.fromarray(self._zoom_array(pixels, icc))
        zoomed.info = {key: value for key, value in image.info.items() if key != "transparency"}
        return zoomed

    def _zoom_tensor(self, image: Tensor) -> Tensor:
        if image.ndim not in (3, 4) or 0 in image.shape:
            raise ShapeError(f"{tuple(image.shape)} is not C×H×W or N×C×H×W with C from 1 to 4 and no side of 0.")
        if not image.is_floating_point():
            raise PhotoError(
                f"the tensor is {image.dtype}, expected floats in [0, 1].", remedy="Divide by the largest value."
            )
        import torch  # noqa: PLC0415 - a tensor came in: it is loaded already

        if image.ndim == 4:
            return torch.stack([self._zoom_tensor(one) for one in image])
        planes = image.detach().to("cpu", torch.float32)
        return torch.from_numpy(self._zoom_array(planes.movedim(0, -1).numpy())).movedim(-1, 0).to(image)


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
