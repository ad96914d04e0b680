"""Which weights zoom which file, and how: photos, and RAW files from the mosaic or developed first."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

import numpy as np

from opticalzoom.engines.backends import WORTH_MEASURING, is_exported, load_engine
from opticalzoom.engines.engine import Engine
from opticalzoom.engines.engine_ensemble import EnsembleEngine
from opticalzoom.engines.runtimes import ExportedEngine
from opticalzoom.errors import ConfigError, ModelError
from opticalzoom.lenses.library import InstalledLens, named_weights
from opticalzoom.photo.bands import Header, cut_out
from opticalzoom.photo.carried.described import describe, in_srgb
from opticalzoom.photo.carried.found import read_carried
from opticalzoom.photo.carried.pixel_counts import zoomed_exif
from opticalzoom.photo.encode import write_bands
from opticalzoom.photo.raw.camera_space import WhiteBalance, encode_mosaic
from opticalzoom.photo.raw.libraw import is_raw
from opticalzoom.photo.raw.raw_file import RawPhoto, developing, read_raw
from opticalzoom.photo.reader import PhotoReader, open_photo, reading
from opticalzoom.photo.resample import resampled, scaled_size
from opticalzoom.photo.window import Window, checked
from opticalzoom.weights.card import bundled, read_card
from opticalzoom.weights.computing import MEMORY, Backend, Precision
from opticalzoom.weights.contract import Contract
from opticalzoom.zooming.enlarger import Enlarger, mosaic_enlarger, photo_enlarger
from opticalzoom.zooming.tiles import Progress, give_back_large_blocks, tile_shape, zoomed_bands

DEFAULT_SCALE = 3
"""The scale at which photos are zoomed if neither weights nor a scale are named."""


@dataclass(frozen=True)
class Zoomer:
    """An engine that zooms files.

    Attributes:
        engine: what zooms tiles.
        scale: output pixels per source pixel and side, above 0; None for the engine's own. The engine's result is
            resampled to any other scale.
        white_balance: where the gains go, if the model takes RAW input.
        memory: bytes that zooming a file may have in use at once.
    """

    engine: Engine
    scale: float | None = None
    white_balance: WhiteBalance = "input"
    memory: int = MEMORY

    @property
    def contract(self) -> Contract:
        """What the engine takes and gives."""
        return self.engine.contract

    def ensemble(self) -> Zoomer:
        """The same, eight times as slow and a little better: see :class:`EnsembleEngine`.

        Raises:
            ModelError: the weights take RAW input.
        """
        return replace(self, engine=EnsembleEngine(self.engine))

    def zoom_to(
        self,
        source: Path,
        target: Path,
        *,
        crop: Window | None = None,
        bits: Literal[8, 16] | None = None,
        quality: int = 95,
        overwrite: bool = False,
        salvage: bool = False,
        progress: Progress | None = None,
    ) -> tuple[str, ...]:
        """Zoom a file to a file, in bands of tiles.

        A RAW file is zoomed from its mosaic if the weights take RAW input, and developed first otherwise.

        Args:
            source: a photo or a RAW file.
            target: its suffix names the format, see :func:`~opticalzoom.photo.encode.write_bands`.
            crop: the part to zoom, in pixels of the upright source; None for all of it.
            bits: of a channel of the result; None for those of the source (RAW: 16). JPEG and WebP have 8.
            quality: of JPEG and WebP, 1 to 100.
            overwrite: whether a file of the target's name may be replaced.
            salvage: whether what is left of a damaged photo is zoomed; what is lost is grey or black.
            progress: see :data:`~opticalzoom.zooming.tiles.Progress`; called by another thread.

        Returns:
            What of the source is not in the result, a phrase each: see :class:`~opticalzoom.photo.reader.PhotoReader`.

        Raises:
            OpticalZoomError: the source cannot be read or the target written, or the crop or the scale makes no sense.
                No file is left.
        """
        with self._opened(source, salvage) as (reader, enlarger):
            height, width, _ = reader.shape
            cell = enlarger.factor // self.contract.scale
            crop = checked(crop, height * cell, width * cell)
            size = scaled_size(crop.shape, self.contract.scale if self.scale is None else self.scale)
            dtype = reader.dtype if bits is None else np.dtype(f"uint{bits}")
            kept, gone = reader.kept.zoomed((height * cell, width * cell), crop, size)
            block, moved = zoomed_exif(reader.exif, crop, size)
            header = Header((*size, enlarger.channels), dtype, block, reader.icc, kept)
            bands = self._bands(reader, enlarger, crop, header, progress)
            with closing(bands):
                lost = write_bands(target, header, bands, overwrite=overwrite, quality=quality)
            return tuple(dict.fromkeys(reader.notes + gone + moved + lost))

    def _bands(
        self, reader: PhotoReader, enlarger: Enlarger, crop: Window, header: Header, progress: Progress | None
    ) -> Generator[np.ndarray, None, None]:
        """The crop, zoomed and resampled to the header's size."""
        scale = self.contract.scale
        cell = enlarger.factor // scale
        window = Window(*(slice(side.start // cell, -(-side.stop // cell)) for side in crop))
        shape, size = crop.scaled(scale).shape, header.shape[:2]
        dtype = header.dtype if shape == size else np.dtype(np.uint16)
        give_back_large_blocks(enlarger.streams)
        tile = tile_shape(
            self.memory, self.engine.bytes_per_pixel, enlarger, window.shape, reader.shape, dtype.itemsize
        )
        whole = zoomed_bands(reader, enlarger, window, tile, dtype, progress)
        with closing(whole):
            bands = cut_out(whole, crop.scaled(scale).inside(window.scaled(enlarger.factor)))
            yield from bands if shape == size else resampled(bands, shape, size, header.dtype)

    @contextmanager
    def _opened(self, source: Path, salvage: bool) -> Iterator[tuple[PhotoReader, Enlarger]]:
        if is_raw(source):
            raw = read_raw(source)
            if self.contract.input == "raw":
                cells = reading(encode_mosaic(raw, self.white_balance), raw.orientation)
                yield _carrying(cells, source, raw), mosaic_enlarger(self.engine, raw, self.white_balance)
            else:
                yield _carrying(developing(raw), source, raw), photo_enlarger(self.engine, 3, None)
            return
        if self.contract.input == "raw":
            remedy = "Give the RAW file, or use weights for photos."
            raise ModelError("these weights take the mosaic of a RAW file.", path=source, remedy=remedy)
        with open_photo(source, salvage=salvage) as reader:
            yield reader, photo_enlarger(self.engine, reader.shape[2], reader.icc)


def _carrying(reader: PhotoReader, source: Path, raw: RawPhoto) -> PhotoReader:
    """The reader of a RAW file with what the file carries; it is developed to sRGB, whatever the camera was set to."""
    carried = read_carried(source)
    if carried is None:
        return replace(reader, notes=("EXIF is left out, as it is of a kind that is not read here",))
    described = describe(carried.exif and in_srgb(carried.exif), *raw.mosaic.shape)
    kept, gone = carried.kept.upright(raw.orientation)
    return replace(reader, exif=described.block, kept=kept, notes=carried.notes + described.notes + gone)


def load_zoomer(
    weights: str | Path | None = None,
    scale: float | None = None,
    *,
    raw: bool = False,
    backend: Backend | Literal["auto"] = "auto",
    precision: Precision | Literal["auto"] = "auto",
    pixels: int = WORTH_MEASURING,
) -> Zoomer:
    """Weights of a file or bundled ones by name, ready to zoom; see :func:`chosen_weights`.

    Args:
        weights: file or name.
        scale: that is wanted.
        raw: whether RAW files are to be zoomed.
        backend: what computes; see :func:`~opticalzoom.engines.backends.load_engine`, also for the next two.
        precision: what in.
        pixels: about how many of the input will be zoomed.

    Raises:
        ConfigError: no weights are bundled, or the backend has no such precision.
        CheckpointError: the file is missing, damaged or no weights file.
        DependencyError: the backend is not installed.
    """
    name = chosen_weights(weights, scale, raw)
    engine = load_engine(name, backend, precision, pixels)
    if isinstance(engine, ExportedEngine) and is_exported(name):
        return Zoomer(engine, scale, cast(WhiteBalance, engine.exported.white_balance))
    return Zoomer(engine, scale, read_card(name).white_balance)


def chosen_weights(
    weights: str | Path | None, scale: float | None, raw: bool, learned: Sequence[InstalledLens] = ()
) -> str:
    """The weights that are named, or those that suit best of the learned and the bundled ones.

    Bundled are, for RAW files, weights for RAW input, else weights for photos. Of all, those of the scale asked for, or
    the next larger one, or the largest; of equal scales the learned ones. Without a scale the learned ones, and where
    there are none ×3, or the next larger one.

    Args:
        weights: a file, a name of bundled weights or of an installed lens; None for those that suit.
        scale: that is wanted.
        raw: whether a RAW file is to be zoomed.
        learned: lenses of the photo that is to be zoomed, the best first.

    Raises:
        ConfigError: no weights are bundled.
        CheckpointError: bundled weights are damaged.
    """
    if weights is not None:
        return named_weights(str(weights))
    own = [(str(lens.path), lens.card.scale) for lens in learned if lens.card]
    if own and scale is None:
        return own[0][0]
    wanted = scale or DEFAULT_SCALE
    cards = {name: read_card(path).arguments for name, path in bundled().items()}
    for kind in ("raw", "rgb") if raw else ("rgb",):
        known = own + [(name, its["scale"]) for name, its in cards.items() if its.get("input", "rgb") == kind]
        if known:
            return min(known, key=lambda one: (one[1] < wanted, abs(one[1] - wanted)))[0]
    raise ConfigError("no weights are bundled.", remedy="--weights takes a file.")


def weights_scale(name: str) -> int:
    """How many times larger weights make a photo; read from their card where they have one.

    Raises:
        CheckpointError: the file is missing, damaged or no weights file.
        DependencyError: it is an exported file whose runtime is not installed.
    """
    if is_exported(name):
        return load_engine(name).contract.scale
    return int(read_card(name).arguments["scale"])
