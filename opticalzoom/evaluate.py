"""The evaluation protocols: zoom test pairs whole and score them, with bicubic always among the methods."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from opticalzoom.errors import ConfigError, OpticalZoomError, PairError
from opticalzoom.metrics import quantise, score
from opticalzoom.models import build
from opticalzoom.models.contract import Contract, ZoomOutput
from opticalzoom.pairs.colour import match_colour
from opticalzoom.pairs.patches import to_tensor
from opticalzoom.pairs.register import register
from opticalzoom.pairs.sources import Pixels
from opticalzoom.pairs.warp import inside
from opticalzoom.pictures import Picture, contact_row

PROTOCOLS = {
    "honest": "X alone, scored against Y as it is.",
    "aligned": "X alone; every result is registered and colour-matched to Y before scoring, and scored where bicubic's "
    "registration is trusted. Compare these figures among themselves only.",
    "oracle": "the network is given Y, reduced, as its reference: it sees the ground truth. For comparison with "
    "published tables only.",
}
BICUBIC, SHIPPED, UNALIGNED = "bicubic", "as shipped", ", no offsets"
MAX_EXAMPLES = 20
"""Rows of the contact sheet."""


@dataclass(frozen=True)
class Row:
    """Scores of one picture: metric -> value, for the keys of :data:`opticalzoom.metrics.METRICS`."""

    name: str
    method: str
    protocol: str
    scores: dict[str, float]
    seconds: float


@dataclass(frozen=True)
class EvalPair:
    """A test pair in memory, RGB, each picture uint8 or uint16.

    Attributes:
        name: of the pair.
        x: the short shot, H×W×3.
        enlarged: the short shot on Y's grid, sH×sW×3, what a model for ``resized`` input takes.
        y: the long shot, sH×sW×3 (any size will do for the ``aligned`` protocol).
        shipped: whether ``enlarged`` comes from the data set's authors, and so is a method of its own.
    """

    name: str
    x: Pixels
    enlarged: Pixels
    y: Pixels
    shipped: bool = False


@dataclass
class Evaluation:
    """Scores of every picture, rows for a contact sheet (of the first protocol), and what was left out and why."""

    rows: list[Row] = field(default_factory=list)
    examples: list[Picture] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


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


def evaluate(
    models: Mapping[str, nn.Module],
    pairs: Iterable[Callable[[], EvalPair]],
    protocols: Sequence[str] = ("honest",),
) -> Evaluation:
    """Score models, bicubic and X as shipped on every pair under every protocol of :data:`PROTOCOLS`.

    Pictures are scored whole, rounded to 8 bit, no border cut. A pair that cannot be loaded, does not fit or
    cannot be registered is left out and listed; no error of ours ends the run.

    Args:
        models: method name -> model in eval mode with a ``contract`` and ``forward(x, reference=None)``.
        pairs: callables that load one pair each.
        protocols: which to run.

    Raises:
        ConfigError: the models differ in scale, or take RAW input.
    """
    scale = common_scale(models.values())
    models = {BICUBIC: build("bicubic", scale=scale), **models}
    result = Evaluation()
    for load in pairs:
        try:
            pair = load()
        except OpticalZoomError as error:
            result.skipped.append(str(error))
            continue
        for protocol in protocols:
            try:
                _evaluate_pair(models, pair, protocol, result)
            except OpticalZoomError as error:
                result.skipped.append(f"{pair.name}, {protocol}: {error}")
    return result


def common_scale(models: Iterable[nn.Module]) -> int:
    """The one scale of all models.

    Raises:
        ConfigError: they differ in scale, or one takes RAW input.
    """
    contracts = [_contract(model) for model in models]
    scales = {contract.scale for contract in contracts}
    if len(scales) != 1:
        raise ConfigError(f"the models enlarge by {sorted(scales)}.", remedy="Evaluate each scale in its own run.")
    if any(contract.input == "raw" for contract in contracts):
        raise ConfigError("a model takes RAW mosaics, expected one for RGB photographs.")
    return scales.pop()


def _evaluate_pair(models: Mapping[str, nn.Module], pair: EvalPair, protocol: str, result: Evaluation) -> None:
    target = to_tensor(pair.y)[None]
    if protocol != "aligned":
        _check_sizes(pair)
    zoomed = zoom_all(models, pair, oracle=protocol == "oracle")
    if protocol == "aligned":
        zoomed, failures = align_all(zoomed, target, pair.name)
        result.skipped.extend(failures)
    rows = [_row(z, target, pair.name, protocol) for z in zoomed]
    if rows and len(result.examples) < MAX_EXAMPLES and pair.name not in {row.name for row in result.rows}:
        captions = [f"{row.method}\n{row.scores['psnr_y']:.2f} dB (Y)" for row in rows]
        images = {text: _to_picture(z.image) for text, z in zip(captions, zoomed, strict=True)}
        result.examples.append(
            contact_row(f"{pair.name}, {protocol} protocol", {**images, "truth": _to_picture(target)})
        )
    result.rows.extend(rows)


def _row(zoomed: Zoomed, target: Tensor, name: str, protocol: str) -> Row:
    scores = {metric: float(value) for metric, value in score(zoomed.image, target, zoomed.mask).items()}
    return Row(name, zoomed.method, protocol, scores, zoomed.seconds)


@torch.inference_mode()
def zoom_all(models: Mapping[str, nn.Module], pair: EvalPair, *, oracle: bool) -> list[Zoomed]:
    """X as shipped if it is, then the result of every model.

    With ``oracle`` the models get Y, averaged down to their grid as in training, as their reference. Without, X is
    its own, {X, X}, and models with offsets have a second result with offsets of exactly zero: what ``zoom`` does.
    """
    inputs, y = {"rgb": to_tensor(pair.x)[None], "resized": to_tensor(pair.enlarged)[None]}, to_tensor(pair.y)[None]
    zoomed = [Zoomed(SHIPPED, inputs["resized"], 0.0)] if pair.shipped else []
    for name, model in models.items():
        contract = _contract(model)
        x = inputs[contract.input]
        reference = adaptive_avg_pool2d(y, contract.grid_size(*x.shape[-2:])) if oracle else None
        output, result = _timed(name, partial(model, x, reference))
        zoomed.append(result)
        if output.offset is not None and not oracle:
            unaligned = cast(Callable[[Tensor], ZoomOutput], model.forward_unaligned)
            zoomed.append(_timed(name + UNALIGNED, partial(unaligned, x))[1])
    return zoomed


def _timed(method: str, zoom: Callable[[], ZoomOutput]) -> tuple[ZoomOutput, Zoomed]:
    start = time.perf_counter()
    output = zoom()
    return output, Zoomed(method, quantise(output.image), time.perf_counter() - start)


def align_all(zoomed: Sequence[Zoomed], target: Tensor, name: str) -> tuple[list[Zoomed], list[str]]:
    """Register every result to Y and match its colours.

    What can be trusted is decided by bicubic's registration alone, so that no method chooses the pixels that it
    is scored on, and a bad one does not change the figures of the others.

    Args:
        zoomed: the results, bicubic among them.
        target: Y, 1×3×H×W, of any size.
        name: of the pair, for what could not be registered.

    Returns:
        The aligned results with masks, 1×·×H×W; and what could not be registered, with the reason.

    Raises:
        PairError: bicubic's result cannot be registered.
    """
    y = _to_array(target)
    registrations = {result.method: register(_to_array(result.image), y) for result in zoomed}
    if not registrations[BICUBIC].ok:
        raise PairError(f"X cannot be registered to Y: {registrations[BICUBIC].reason}.")
    aligned, failures = [], []
    for result in zoomed:
        registration, image = registrations[result.method], _to_array(result.image)
        if not registration.ok:
            failures.append(f"{name}, aligned, {result.method}: {registration.reason}")
            continue
        mask = registrations[BICUBIC].trusted & inside(registration.field, *image.shape[:2])
        matched = to_tensor(match_colour(registration.warp(image), y, mask))[None]
        aligned.append(replace(result, image=quantise(matched), mask=torch.from_numpy(mask)[None, None]))
    return aligned, failures


def _contract(model: nn.Module) -> Contract:
    return cast(Contract, model.contract)  # every model has one; torch types attributes as modules


def _to_array(image: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(image[0].permute(1, 2, 0).numpy())


def _to_picture(image: Tensor) -> Picture:
    return np.asarray(np.round(_to_array(quantise(image)) * 255), dtype=np.uint8)


def _check_sizes(pair: EvalPair) -> None:
    if pair.y.shape != pair.enlarged.shape:
        expected, got = ("{}×{}".format(*image.shape[:2]) for image in (pair.enlarged, pair.y))
        raise PairError(
            f"Y has {got} pixels, the enlarged X {expected}.",
            remedy="Crop Y to X's field of view, or use the protocol aligned.",
        )
