"""The verb ``demo``: misaligned pairs, registration, a minute's training, scores, a zoomed photo and a page."""

from __future__ import annotations

import argparse
import logging
import warnings
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EMAWeightAveraging
from rich.console import Console
from rich.progress import track
from torch import nn
from torch.utils.benchmark import Timer
from torch.utils.data import DataLoader

from opticalzoom.cli.evaluate import load_pair
from opticalzoom.engines.checkpoint import load_model
from opticalzoom.errors import OutputExistsError, PairError
from opticalzoom.evaluation.protocols import Evaluation, evaluate
from opticalzoom.evaluation.report import means, rich_table
from opticalzoom.models import build
from opticalzoom.pages.demonstration.demo_data import Alignment, align, shipped_photos, write_photos
from opticalzoom.pages.demonstration.demo_page import Findings, write_page
from opticalzoom.pages.pictures import Picture
from opticalzoom.pairs.registered import PairCache, Preparation, PreparedPair
from opticalzoom.pairs.simulate.misalignment import LensSimulation, Misalignment
from opticalzoom.pairs.sources import SimulatedZoom, Source
from opticalzoom.photo.photograph import read_photo
from opticalzoom.training.callbacks import WEIGHTS_NAME, CleanStop, StepProgress, WeightsFile
from opticalzoom.training.datamodule import prepare_all
from opticalzoom.training.lightning import ZoomTraining
from opticalzoom.training.patches import PatchDataset, StepSampler
from opticalzoom.zooming.in_memory import zoom

SCALE = 3
MISALIGNMENT = Misalignment(strength=24, local=2)
LENS = LensSimulation(SCALE, blur=(0.5, 0.7), sharpening=(0, 0), jpeg=(95, 95))
"""Soft, and much the same for every photo: what a minute can learn."""
HELD_OUT = ("chelsea", "coffee")
"""Photographs that the minute's network never sees."""
ZOOMED = "motorcycle_left"
"""The photograph that is zoomed whole with the bundled weights."""
BUNDLED = "city100-x3"
NETWORK = {"features": 32, "blocks": 3}
TOY = "the minute's net"
_PATCH, _BATCH = 48, 8
_SECONDS = 60.0
_EXPECTED_WARNINGS = (
    ".*does not have many workers.*",  # patches cost less than a millisecond
    ".*have no `val_dataloader`.*",  # scored afterwards
    ".*LeafSpec.*",  # between Lightning and torch
)


def run_demo(arguments: list[str]) -> int:
    """``opticalzoom demo``: leaves index.html and its pictures in the output folder.

    Raises:
        OpticalZoomError: scikit-image or the bundled weights are missing, or there is a page already.
        KeyboardInterrupt: after Ctrl-C, during training too.
    """
    args = _parser().parse_args(arguments)
    out, console = Path(args.output), Console()
    if (out / "index.html").exists() and not args.overwrite:
        raise OutputExistsError(
            "is there already.", path=out / "index.html", remedy="Choose another folder with -o, or add --overwrite."
        )
    bundled, photos = load_model(BUNDLED), shipped_photos()
    write_photos(photos, out / "photos")
    source = SimulatedZoom(out / "photos", SCALE, simulation=LENS)
    training = [name for name in photos if name not in HELD_OUT]
    console.print(f"{len(photos)} photos; {len(HELD_OUT)} are held out for scoring.")

    pairs, alignments = register_all(source, training, out, console)
    steps = train(pairs, args.seconds, out / "training", console)
    toy = load_model(out / "training" / WEIGHTS_NAME)
    result = score(source, toy, console)
    crops = {name: compare(toy, source, name) for name in HELD_OUT}
    console.print(f"Zooming {ZOOMED} with the bundled weights {BUNDLED}")
    zoomed = zoom_both(bundled, BUNDLED, read_photo(out / "photos" / f"{ZOOMED}.png").color)
    page = write_page(out, Findings(len(training), alignments, args.seconds, steps, result.rows, crops, ZOOMED, zoomed))
    console.print(f"The page is ready: {page.resolve()}", markup=False, soft_wrap=True)
    return 0


def register_all(
    source: Source, names: list[str], out: Path, console: Console
) -> tuple[list[PreparedPair], list[Alignment]]:
    """Misalign and register the pairs; say how far the result is from the known truth.

    Raises:
        PairError: no pair could be registered.
    """
    pairs = prepare_all(source, names, Preparation(misalignment=MISALIGNMENT), PairCache(out / "pairs"))
    if not pairs:
        raise PairError("no pair could be registered.", path=out / "photos", remedy="The reasons are listed above.")
    accepted = track([pair.name for pair in pairs], "Comparing with the truth", console=console, transient=True)
    alignments = [align(source, name, MISALIGNMENT) for name in accepted]
    moved = np.median(np.concatenate([a.distance for a in alignments]))
    error = np.median(np.concatenate([a.error for a in alignments]))
    console.print(
        f"{len(pairs)} of {len(names)} pairs registered. Pixels were moved by {moved:.1f} px (median); "
        f"after registration they are {error:.2f} px off, where registration trusts itself."
    )
    return pairs, alignments


def train(pairs: list[PreparedPair], seconds: float, out: Path, console: Console) -> int:
    """Train a tiny SDAN for about ``seconds`` on the processor; returns the number of steps.

    Raises:
        KeyboardInterrupt: after Ctrl-C.
    """
    torch.manual_seed(0)
    training = ZoomTraining("sdan_lite", NETWORK, scale=SCALE, learning_rate=1e-3, unaligned=0.75)
    steps = max(1, round(seconds / seconds_per_step(training.model)))
    console.print(f"Training {training.card.builder} {NETWORK} for about {seconds:g} s: {steps} steps", markup=False)
    stop = CleanStop(out)
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_steps=steps,
        max_time=timedelta(seconds=2 * seconds),  # another program may have started meanwhile
        gradient_clip_val=0.5,
        logger=False,
        enable_model_summary=False,
        callbacks=[StepProgress(), WeightsFile(out, {"demo": seconds}), EMAWeightAveraging(decay=0.98), stop],
    )
    patches = DataLoader(PatchDataset(pairs, SCALE, _PATCH), batch_sampler=StepSampler(_BATCH))
    with warnings.catch_warnings():
        for expected in _EXPECTED_WARNINGS:
            warnings.filterwarnings("ignore", expected)
        trainer.fit(training, patches)
    if stop.stopped:
        raise KeyboardInterrupt
    return trainer.global_step


def seconds_per_step(model: nn.Module) -> float:
    """What forward and backward of one batch take on this machine at this moment."""
    x = torch.rand(_BATCH, 3, _PATCH, _PATCH).contiguous(memory_format=torch.channels_last)
    timer = Timer(
        "model(x).image.mean().backward()", globals={"model": model, "x": x}, num_threads=torch.get_num_threads()
    )
    seconds = timer.blocked_autorange(min_run_time=2).median  # other programs disturb a mean
    model.zero_grad()
    return 1.15 * seconds  # loss, patches, Adam and averaging


def score(source: Source, model: nn.Module, console: Console) -> Evaluation:
    """The honest protocol on the photographs that were held out."""
    loaders = [partial(load_pair, source, name) for name in HELD_OUT]
    result = evaluate({TOY: model}, track(loaders, "Scoring", console=console, transient=True))
    console.print(rich_table(means(result.rows)))
    return result


def compare(model: nn.Module, source: Source, name: str) -> dict[str, Picture]:
    """A pair's short shot enlarged by bicubic interpolation and by the model, and the truth."""
    pair = source.load(name)
    return {**zoom_both(model, TOY, np.asarray(pair.x, np.uint8)), "truth": np.asarray(pair.y, np.uint8)}


def zoom_both(model: nn.Module, title: str, photo: Picture) -> dict[str, Picture]:
    """The whole photograph enlarged by bicubic interpolation and by the model."""
    return {"bicubic": zoom(build("bicubic", scale=SCALE), photo), title: zoom(model, photo)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="opticalzoom demo", description="See a network learn a lens and zoom a photo, in a few minutes."
    )
    parser.add_argument("-o", "--output", default="demo", metavar="FOLDER", help="where the page goes (default: demo)")
    parser.add_argument(
        "--seconds", type=_positive, default=_SECONDS, help=f"time for training (default: {_SECONDS:g})"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a page that is there already")
    return parser


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds above 0")
    return value
