"""Which weights zoom which file, and how: photos, and RAW files from the mosaic or developed first."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
from torch import nn

from opticalzoom.checkpoint import ModelCard, bundled, load_model, read_card
from opticalzoom.errors import ConfigError
from opticalzoom.models.contract import Contract
from opticalzoom.models.ensemble import SelfEnsemble
from opticalzoom.photo.camera_space import WhiteBalance
from opticalzoom.photo.image import Photo, from_float, read_photo, to_float, write_photo
from opticalzoom.photo.metadata import exif_of, read_metadata
from opticalzoom.photo.raw import RawPhoto, develop, is_raw, read_raw
from opticalzoom.photo.resample import resampled, scaled_size
from opticalzoom.photo.window import Window, checked
from opticalzoom.zoom import Progress, zoom_photo, zoom_raw

DEFAULT_SCALE = 3
"""Of photos, if neither weights nor a scale are named."""

MEMORY = 600_000_000
"""Bytes, if nothing else is asked for."""


@dataclass(frozen=True)
class Output:
    """How a file is written.

    Attributes:
        bits: of a channel; None for those of the source (RAW: 16). JPEG and WebP have 8.
        quality: of JPEG and WebP, 1 to 100.
        overwrite: whether a file of that name may be replaced.
    """

    bits: Literal[8, 16] | None = None
    quality: int = 95
    overwrite: bool = False


_AS_SOURCE = Output()


@dataclass(frozen=True)
class Zoomer:
    """A model that zooms files.

    Attributes:
        model: in eval mode.
        white_balance: where the gains go, if the model takes RAW input.
        memory: bytes that zooming a file may have in use at once.
    """

    model: nn.Module
    white_balance: WhiteBalance = "input"
    memory: int = MEMORY

    @property
    def contract(self) -> Contract:
        """The model's."""
        return cast(Contract, self.model.contract)

    def ensemble(self) -> Zoomer:
        """The same, eight times as slow and a little better: see :class:`SelfEnsemble`.

        Raises:
            ModelError: the weights take RAW input.
        """
        return dataclasses.replace(self, model=SelfEnsemble(self.model))

    def zoom_file(self, path: Path, progress: Progress | None = None) -> Photo:
        """The zoomed photo of a file, with its EXIF.

        A RAW file is zoomed from its mosaic if the weights take RAW input, and developed first otherwise.

        Raises:
            OpticalZoomError: the file cannot be read, or it is a photo and the weights take RAW input.
        """
        if not is_raw(path):
            return zoom_photo(read_photo(path), self.model, progress=progress)
        zoomed = self.zoom_mosaic(read_raw(path), progress)
        return dataclasses.replace(zoomed, exif=exif_of(read_metadata(path)))

    def zoom_to(
        self,
        source: Path,
        target: Path,
        *,
        crop: Window | None = None,
        scale: float | None = None,
        output: Output = _AS_SOURCE,
        progress: Progress | None = None,
    ) -> None:
        """Zoom a file to a file.

        Args:
            source: a photo, or a RAW file: zoomed as by :meth:`zoom_file`.
            target: its suffix names the format, see :func:`~opticalzoom.photo.image.write_photo`.
            crop: the part to zoom, in pixels of the upright source; None for all of it.
            scale: output pixels per source pixel and side, above 0; None for the weights' own. The network's result
                is resampled to any other scale.
            output: how to write it.
            progress: see :data:`~opticalzoom.zoom.Progress`.

        Raises:
            OpticalZoomError: the source cannot be read or the target written, or the crop or the scale makes no sense.
                No file is left.
        """
        zoomed = self.zoom_file(source, progress)
        factor = self.contract.scale
        height, width = zoomed.pixels.shape[0] // factor, zoomed.pixels.shape[1] // factor
        crop = checked(crop, height, width)
        pixels = zoomed.pixels[crop.scaled(factor)]
        if scale not in (None, factor):
            pixels = resampled(pixels, *scaled_size(crop.shape, scale))
        if output.bits is not None:
            pixels = from_float(to_float(pixels), np.uint8 if output.bits == 8 else np.uint16)
        write_photo(target, zoomed.replace(pixels), overwrite=output.overwrite, quality=output.quality)

    def zoom_mosaic(self, raw: RawPhoto, progress: Progress | None = None) -> Photo:
        """The zoomed photo of a mosaic: sRGB with 16 bits, upright."""
        if self.contract.input == "raw":
            return zoom_raw(raw, self.model, self.white_balance, progress=progress)
        return zoom_photo(develop(raw), self.model, progress=progress)


def load_zoomer(weights: str | Path | None = None, scale: float | None = None, *, raw: bool = False) -> Zoomer:
    """Weights of a file or bundled ones by name; without a name the bundled weights that suit best.

    Those are, for RAW files, weights for RAW input, else weights for photos; of the scale asked for, or the next larger
    one, or the largest. Without a scale ×3, or the next larger one.

    Args:
        weights: file or name.
        scale: that is wanted.
        raw: whether RAW files are to be zoomed.

    Raises:
        ConfigError: no weights are bundled.
        CheckpointError: the file is missing, damaged or no weights file.
    """
    name = str(weights) if weights is not None else _suiting(scale or DEFAULT_SCALE, raw)
    return Zoomer(load_model(name), _white_balance(read_card(name)))


def _suiting(scale: float, raw: bool) -> str:
    """The name of bundled weights."""
    cards = {name: read_card(path).arguments for name, path in bundled().items()}
    for kind in ("raw", "rgb") if raw else ("rgb",):
        scales = {name: its["scale"] for name, its in cards.items() if its.get("input", "rgb") == kind}
        if scales:
            return min(scales, key=lambda name: (scales[name] < scale, abs(scales[name] - scale)))
    raise ConfigError("no weights are bundled.", remedy="--weights takes a file.")


def _white_balance(card: ModelCard) -> WhiteBalance:
    """What the model was trained with, as its card has it."""
    data = card.training.get("data", {})
    found = data.get("white_balance") if isinstance(data, dict) else None
    return cast(WhiteBalance, found) if found in get_args(WhiteBalance) else "input"
