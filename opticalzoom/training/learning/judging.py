"""The verdict: how much better each method zooms what was held out, and whether what was learned wins."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import fmean, stdev

import torch

from opticalzoom.errors import PairError
from opticalzoom.evaluation.methods import Zoomed
from opticalzoom.evaluation.protocols import align_all, as_picture
from opticalzoom.metrics import METRICS, quantise, score
from opticalzoom.models.base import ZoomModel
from opticalzoom.pages.pictures import Picture
from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.training.patches import to_tensor

MOST_SIDE = 640
"""Side of the part of a pair that is judged, in pixels of the network's grid: of large photos the middle of it."""
_SURE = 2.0
"""Standard errors by which a mean gain must be above zero to count as won."""

BICUBIC, LINEAR, BUNDLED, LEARNED, TRUTH = "bicubic", "linear", "bundled", "learned", "truth"
METHODS = (BICUBIC, LINEAR, BUNDLED, LEARNED)
CANDIDATES = (LINEAR, LEARNED)
"""What can be installed: both were learned from the pairs."""


@dataclass(frozen=True)
class Gain:
    """How much one method is ahead of another on what was held out, in dB.

    Attributes:
        mean: over the pairs.
        spread: standard deviation over the pairs.
        error: standard error of the mean; infinite for a single pair.
    """

    mean: float
    spread: float
    error: float

    @property
    def is_sure(self) -> bool:
        """Whether the mean is above zero by more than chance explains."""
        return self.mean > _SURE * self.error

    def __str__(self) -> str:
        """As ``+0.62 ± 0.11 dB``."""
        return f"{self.mean:+.2f} ± {self.error:.2f} dB".replace("-", "−").replace("± inf", "± ?")


@dataclass(frozen=True)
class Scores:
    """What every method reached on one held-out pair: name -> PSNR of Y in dB, and name -> SSIM of Y."""

    pair: str
    psnr: dict[str, float]
    ssim: dict[str, float]


def gain(scores: Sequence[Scores], method: str, over: str) -> Gain:
    """How much ``method`` is ahead of ``over``."""
    differences = [score.psnr[method] - score.psnr[over] for score in scores]
    spread = stdev(differences) if len(differences) > 1 else math.inf
    return Gain(fmean(differences), spread, spread / math.sqrt(len(differences)))


def winner(scores: Sequence[Scores]) -> str | None:
    """The better of what was learned, if it is surely ahead of bicubic and of the bundled weights; otherwise None."""
    learned = [name for name in CANDIDATES if all(name in score.psnr for score in scores)]
    best = max(learned, key=lambda name: fmean(score.psnr[name] for score in scores))
    return best if all(gain(scores, best, other).is_sure for other in (BICUBIC, BUNDLED)) else None


def judged_part(pair: TrainingPair) -> TrainingPair:
    """The middle of a pair, of :data:`MOST_SIDE` at most, a view of it."""
    height, width = pair.x.shape[:2]
    factor = pair.y.shape[0] // height
    rows, columns = min(height, MOST_SIDE), min(width, MOST_SIDE)
    top, left = (height - rows) // 2, (width - columns) // 2
    there = slice(top * factor, (top + rows) * factor), slice(left * factor, (left + columns) * factor)
    here = slice(top, top + rows), slice(left, left + columns)
    return replace(pair, x=pair.x[here], y=pair.y[there], mask=pair.mask[there])


@torch.inference_mode()
def quick_score(model: ZoomModel, pairs: Sequence[TrainingPair], bfloat16: bool = False) -> float:
    """Mean PSNR of Y in dB on trusted pixels of registered pairs, for the curve of a run; 0 if none is trusted."""
    device = next((weight.device for weight in model.parameters()), torch.device("cpu"))
    scores = []
    for pair in (part for part in map(judged_part, pairs) if part.mask.any()):
        x, y, mask = (to_tensor(part)[None].to(device) for part in (pair.x, pair.y, pair.mask[..., None]))
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            image = model.forward_unaligned(x.contiguous(memory_format=torch.channels_last)).image
        scores.append(float(METRICS["psnr_y"](quantise(image.float()), quantise(y), mask.bool()).mean()))
    return fmean(scores) if scores else 0.0


@dataclass(frozen=True)
class Judged:
    """One held-out pair: its scores, and 8-bit pictures of it, sH×sW×3: name of the method, or ``truth``."""

    scores: Scores
    pictures: dict[str, Picture]


def judge_pairs(models: Mapping[str, ZoomModel], pairs: Sequence[TrainingPair]) -> list[Judged]:
    """Score methods on pairs, see :func:`judge_pair`; those that can't be registered again are left out."""

    def judge(pair: TrainingPair) -> Judged | None:
        with suppress(PairError):
            return judge_pair(models, pair)
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # OpenCV and PyTorch release the interpreter lock
        return [found for found in pool.map(judge, pairs) if found]


@torch.inference_mode()
def judge_pair(models: Mapping[str, ZoomModel], pair: TrainingPair) -> Judged:
    """Score methods on the middle of a pair by the aligned protocol, on trusted pixels.

    Args:
        models: by name, bicubic among them, in eval mode and on the CPU.
        pair: registered; none of the methods has seen it.

    Raises:
        PairError: the result of a method cannot be registered to Y.
    """
    part = judged_part(pair)
    x, y, mask = (to_tensor(array)[None] for array in (part.x, part.y, part.mask[..., None]))
    zoomed = [
        Zoomed(name, quantise(model.forward_unaligned(x).image), 0.0, mask.bool()) for name, model in models.items()
    ]
    aligned, failures = align_all(zoomed, quantise(y), pair.name)
    if failures:
        raise PairError(failures[0])
    found = {result.method: score(result.image, quantise(y), result.mask, METRICS) for result in aligned}
    psnr, ssim = ({name: float(scores[m]) for name, scores in found.items()} for m in ("psnr_y", "ssim_y"))
    pictures = {result.method: as_picture(result.image) for result in zoomed}
    return Judged(Scores(pair.name, psnr, ssim), {**pictures, TRUTH: as_picture(y)})
