"""The evaluation protocols: zoom test pairs whole and score them, with bicubic always among the methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from opticalzoom.errors import ConfigError, PairError
from opticalzoom.evaluation.methods import BICUBIC, SHIPPED, EvalPair, Method, Zoomed, to_array, zoom_all
from opticalzoom.metrics import METRICS, Metric, quantise, score
from opticalzoom.models import build
from opticalzoom.pages.contact_sheets import contact_row
from opticalzoom.pages.pictures import Picture
from opticalzoom.parallel.faults import as_told
from opticalzoom.registration.colour_match import match_colour
from opticalzoom.registration.same_view import register
from opticalzoom.training.patches import to_tensor

MAX_EXAMPLES = 20
"""Pairs that the contact sheet shows, a row each."""


@dataclass(frozen=True)
class Row:
    """Scores of one picture: metric -> value, for :data:`opticalzoom.metrics.METRICS` and what else was asked for."""

    name: str
    method: str
    protocol: str
    scores: dict[str, float]
    seconds: float


@dataclass
class Evaluation:
    """Scores of every picture, rows for a contact sheet (of the first protocol), and what was left out and why."""

    rows: list[Row] = field(default_factory=list)
    examples: list[Picture] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


class _Results:
    """What all methods make of one pair, computed once when asked for: honest and aligned score the same pictures."""

    def __init__(self, methods: Sequence[Method], pair: EvalPair) -> None:
        self._methods, self._pair = methods, pair

    @cached_property
    def alone(self) -> list[Zoomed]:
        """Results of all methods from X alone."""
        return zoom_all(self._methods, self._pair, oracle=False)

    @cached_property
    def with_truth(self) -> list[Zoomed]:
        """Results of all methods that got Y, reduced, as their reference."""
        return zoom_all(self._methods, self._pair, oracle=True)


def evaluate(
    methods: Sequence[Method],
    pairs: Iterable[Callable[[], EvalPair]],
    protocols: Sequence[str] = ("honest",),
    metrics: Mapping[str, Metric] = METRICS,
    *,
    baselines: bool = True,
    show: Callable[[EvalPair, Sequence[Zoomed]], None] = lambda pair, zoomed: None,
) -> Evaluation:
    """Score models, bicubic and X as shipped on every pair under every protocol.

    Pictures are scored whole, or where a prepared pair is trusted, rounded to 8 bit, no border cut. A pair that
    cannot be loaded, does not fit or cannot be registered is left out and listed; no error ends the run.

    Args:
        methods: what is scored, of different names; bicubic may be among them.
        pairs: callables that load one pair each.
        protocols: which to run, of :data:`~opticalzoom.evaluation.labels.PROTOCOLS`.
        metrics: what to score by, ``psnr_y`` among them.
        baselines: whether bicubic and X as shipped get scores, too. If not, bicubic still decides what the aligned
            protocol trusts.
        show: called with every pair and its honest results.

    Raises:
        ConfigError: the models differ in scale.
    """
    scale = common_scale(methods)
    if BICUBIC not in {method.name for method in methods}:
        methods = [Method(BICUBIC, build("bicubic", scale=scale)), *methods]
    unscored = set() if baselines else {BICUBIC, SHIPPED}
    result = Evaluation()
    for load in pairs:
        try:
            pair = load()
        except Exception as error:  # of every class, for damaged files
            result.skipped.append(str(as_told(error)))
            continue
        results = _Results(methods, pair)
        for protocol in protocols:
            try:
                zoomed = _scored(results, pair, protocol, result)
                if protocol == "honest":
                    show(pair, zoomed)
                _score([z for z in zoomed if z.method not in unscored], pair, protocol, metrics, result)
            except Exception as error:
                result.skipped.append(f"{pair.name}, {protocol}: {as_told(error)}")
    return result


def common_scale(methods: Sequence[Method]) -> int:
    """The one scale of all methods.

    Raises:
        ConfigError: they differ in scale.
    """
    scales = {method.contract.scale for method in methods}
    if len(scales) != 1:
        raise ConfigError(f"the models enlarge by {sorted(scales)}.", remedy="Evaluate each scale in its own run.")
    return scales.pop()


def _scored(results: _Results, pair: EvalPair, protocol: str, result: Evaluation) -> list[Zoomed]:
    """What is scored under a protocol; notes what could not be registered."""
    if protocol != "aligned":
        _check_sizes(pair)
        return results.with_truth if protocol == "oracle" else results.alone
    zoomed, failures = align_all(results.alone, to_tensor(pair.y)[None], pair.name)
    result.skipped.extend(failures)
    return zoomed


def _score(
    zoomed: Sequence[Zoomed], pair: EvalPair, protocol: str, metrics: Mapping[str, Metric], result: Evaluation
) -> None:
    target = to_tensor(pair.y)[None]
    rows = [_row(z, target, pair.name, protocol, metrics) for z in zoomed]
    if rows and len(result.examples) < MAX_EXAMPLES and pair.name not in {row.name for row in result.rows}:
        captions = [f"{row.method}\n{row.scores['psnr_y']:.2f} dB (Y)" for row in rows]
        images = {text: as_picture(z.image) for text, z in zip(captions, zoomed, strict=True)}
        result.examples.append(
            contact_row(f"{pair.name}, {protocol} protocol", {**images, "truth": as_picture(target)})
        )
    result.rows.extend(rows)


def _row(zoomed: Zoomed, target: Tensor, name: str, protocol: str, metrics: Mapping[str, Metric]) -> Row:
    scores = {metric: float(value) for metric, value in score(zoomed.image, target, zoomed.mask, metrics).items()}
    return Row(name, zoomed.method, protocol, scores, zoomed.seconds)


def align_all(zoomed: Sequence[Zoomed], target: Tensor, name: str) -> tuple[list[Zoomed], list[str]]:
    """Register every result to Y and match its colours.

    What can be trusted is decided by bicubic's registration alone, so that no method chooses the pixels that it
    is scored on, and a bad one does not change the figures of the others.

    Args:
        zoomed: the results, bicubic among them; their masks count as well.
        target: Y, 1×3×H×W, of any size.
        name: of the pair, for what could not be registered.

    Returns:
        The aligned results with masks, 1×·×H×W; and what could not be registered, with the reason.

    Raises:
        PairError: bicubic's result cannot be registered.
    """
    y = to_array(target)
    registrations = {result.method: register(to_array(result.image), y) for result in zoomed}
    if not registrations[BICUBIC].ok:
        raise PairError(f"X cannot be registered to Y: {registrations[BICUBIC].reason}.")
    aligned, failures = [], []
    for result in zoomed:
        registration, image = registrations[result.method], to_array(result.image)
        if not registration.ok:
            failures.append(f"{name}, aligned, {result.method}: {registration.reason}")
            continue
        mask = registrations[BICUBIC].trusted & registration.visible
        if result.mask is not None:
            mask &= result.mask[0, 0].numpy()
        matched = to_tensor(match_colour(registration.warp(image), y, mask))[None]
        aligned.append(replace(result, image=quantise(matched), mask=torch.from_numpy(mask)[None, None]))
    return aligned, failures


def as_picture(image: Tensor) -> Picture:
    """H×W×3 uint8 of 1×3×H×W in [0, 1]."""
    return np.asarray(np.round(to_array(quantise(image)) * 255), dtype=np.uint8)


def _check_sizes(pair: EvalPair) -> None:
    if pair.y.shape != pair.enlarged.shape:
        expected, got = ("{}×{}".format(*image.shape[:2]) for image in (pair.enlarged, pair.y))
        raise PairError(
            f"Y has {got} pixels, the enlarged X {expected}.",
            remedy="Crop Y to X's field of view, or use the protocol aligned.",
        )
