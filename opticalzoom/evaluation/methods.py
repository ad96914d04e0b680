"""Methods of an evaluation: X as shipped, and models, whose results are brought to sRGB whatever they work in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from opticalzoom.errors import PairError
from opticalzoom.metrics import quantise
from opticalzoom.models.base import ZoomModel, ZoomOutput
from opticalzoom.models.ensemble import SelfEnsemble
from opticalzoom.pairs.pair import Pixels
from opticalzoom.photo.raw.camera_space import WhiteBalance, decode_picture, encode_mosaic, encode_picture
from opticalzoom.photo.raw.raw_file import RawPhoto
from opticalzoom.training.patches import to_tensor
from opticalzoom.weights.contract import Contract

BICUBIC, LINEAR, SHIPPED, UNALIGNED = "bicubic", "linear", "as shipped", ", no offsets"


@dataclass(frozen=True)
class EvalPair:
    """A test pair in memory, RGB, each picture uint8 or uint16.

    Attributes:
        name: of the pair.
        x: the short shot, H×W×3.
        enlarged: the short shot on Y's grid, sH×sW×3, what a model for ``resized`` input takes.
        y: the long shot, sH×sW×3 (any size will do for the ``aligned`` protocol).
        raw: the short shot's mosaic, of which ``x`` is the development, if models take RAW input.
        trusted: sH×sW bool, pixels of ``y`` that show what ``x`` does, the only ones scored; None for all.
        shipped: whether ``enlarged`` comes from the data set's authors, and so is a method of its own.
    """

    name: str
    x: Pixels
    enlarged: Pixels
    y: Pixels
    raw: RawPhoto | None = None
    trusted: NDArray[np.bool_] | None = None
    shipped: bool = False


@dataclass(frozen=True)
class Method:
    """A model and the colours that it works in: sRGB, or a camera's for RAW input.

    Attributes:
        name: in tables.
        model: in eval mode.
        white_balance: where the gains go, for RAW input.
    """

    name: str
    model: ZoomModel
    white_balance: WhiteBalance = "input"

    @property
    def contract(self) -> Contract:
        """What the model needs and gives."""
        return self.model.contract

    def ensemble(self) -> Method:
        """The mean of eight flips and turns as a method of its own, see :class:`SelfEnsemble`.

        Raises:
            ModelError: the model takes RAW input.
        """
        return replace(self, name=f"{self.name}, self-ensemble", model=SelfEnsemble(self.model))

    def input(self, pair: EvalPair) -> Tensor:
        """What the model is given of a pair."""
        if self.contract.input == "raw":
            return to_tensor(encode_mosaic(_mosaic(pair), self.white_balance))[None]
        return to_tensor(pair.enlarged if self.contract.input == "resized" else pair.x)[None]

    def target(self, pair: EvalPair) -> Tensor:
        """Y in the model's colours."""
        if self.contract.input == "raw":
            return to_tensor(encode_picture(pair.y, _mosaic(pair), self.white_balance))[None]
        return to_tensor(pair.y)[None]

    def picture(self, image: Tensor, pair: EvalPair) -> Tensor:
        """The model's output in sRGB."""
        if self.contract.input != "raw":
            return image
        decoded = decode_picture(to_array(image), _mosaic(pair), self.white_balance)
        return torch.from_numpy(decoded).permute(2, 0, 1)[None]


def _mosaic(pair: EvalPair) -> RawPhoto:
    if pair.raw is None:
        raise PairError(f"{pair.name}: there is no mosaic for models that take RAW input.")
    return pair.raw


@dataclass(frozen=True)
class Zoomed:
    """One method's result.

    Attributes:
        method: its name.
        image: 1×3×sH×sW in [0, 1].
        seconds: what it took.
        mask: the pixels to score, 1×1×sH×sW bool, or None for all.
    """

    method: str
    image: Tensor
    seconds: float
    mask: Tensor | None = None


@torch.inference_mode()
def zoom_all(methods: Sequence[Method], pair: EvalPair, *, oracle: bool) -> list[Zoomed]:
    """X as shipped if it is, then the result of every method.

    With ``oracle`` the models get Y, averaged down to their grid as in training, as their reference. Without, X is
    its own, {X, X}, and models with offsets have a second result with offsets of exactly zero: what ``zoom`` does.
    """
    mask = None if pair.trusted is None else torch.from_numpy(pair.trusted)[None, None]
    zoomed = [Zoomed(SHIPPED, to_tensor(pair.enlarged)[None], 0.0)] if pair.shipped else []
    for method in methods:
        x = method.input(pair)
        reference = adaptive_avg_pool2d(method.target(pair), method.contract.grid_size(*x.shape[-2:]))
        run = partial(method.model, x, reference if oracle else None)
        output, result = _timed(method, method.name, pair, run)
        zoomed.append(result)
        if output.offset is not None and not oracle:
            unaligned = partial(method.model.forward_unaligned, x)
            zoomed.append(_timed(method, method.name + UNALIGNED, pair, unaligned)[1])
    return [replace(result, mask=mask) for result in zoomed]


def _timed(method: Method, name: str, pair: EvalPair, zoom: Callable[[], ZoomOutput]) -> tuple[ZoomOutput, Zoomed]:
    start = time.perf_counter()
    output = zoom()
    return output, Zoomed(name, quantise(method.picture(output.image, pair)), time.perf_counter() - start)


def to_array(image: Tensor) -> NDArray[np.float32]:
    """H×W×C of 1×C×H×W."""
    return np.ascontiguousarray(image[0].permute(1, 2, 0).numpy())
