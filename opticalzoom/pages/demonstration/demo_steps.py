"""The demonstration: misaligned pairs, registration, a minute's training, scores, a zoomed photo and a page."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from opticalzoom.engines.checkpoint import load_model
from opticalzoom.errors import OutputExistsError, PairError
from opticalzoom.evaluation.loaders import load_pair
from opticalzoom.evaluation.methods import Method
from opticalzoom.evaluation.protocols import Evaluation, evaluate
from opticalzoom.evaluation.report import means, means_terminal
from opticalzoom.models import ZoomModel, build
from opticalzoom.pages.demonstration.demo_data import Alignment, align, shipped_photos, write_photos
from opticalzoom.pages.demonstration.demo_page import Findings, write_page
from opticalzoom.pages.demonstration.demo_training import train_for
from opticalzoom.pages.pictures import Picture
from opticalzoom.pairs.pair_cache import PairCache
from opticalzoom.pairs.registered import Preparation, TrainingPair
from opticalzoom.pairs.simulate.lens_simulation import LensSimulation
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import SimulatedZoom, Source
from opticalzoom.parallel.progress import tracked
from opticalzoom.photo.photograph import read_photo
from opticalzoom.training.callbacks import WEIGHTS_NAME
from opticalzoom.training.datamodule import prepare_all
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
TOY = "the minute's net"


def demonstrate(out: Path, seconds: float, console: Console, *, overwrite: bool = False) -> Path:
    """Leave index.html and its pictures in a folder.

    Args:
        out: the folder, which is created.
        seconds: of training.
        console: where the steps are told as they are done.
        overwrite: whether a page that is there may be replaced.

    Returns:
        The page.

    Raises:
        OpticalZoomError: scikit-image or the bundled weights are missing, or there is a page already.
        KeyboardInterrupt: after Ctrl-C, during training too.
    """
    if (out / "index.html").exists() and not overwrite:
        raise OutputExistsError(
            "is there already.", path=out / "index.html", remedy="Choose another folder with -o, or add --overwrite."
        )
    bundled, photos = load_model(BUNDLED), shipped_photos()
    write_photos(photos, out / "photos")
    source = SimulatedZoom(out / "photos", SCALE, simulation=LENS)
    training = [name for name in photos if name not in HELD_OUT]
    console.print(f"{len(photos)} photos; {len(HELD_OUT)} are held out for scoring.")

    pairs, alignments = register_all(source, training, out, console)
    steps = train_for(seconds, pairs, SCALE, out / "training", console)
    toy = load_model(out / "training" / WEIGHTS_NAME)
    result = score_held_out(source, toy, console)
    crops = {name: compare(toy, source, name) for name in HELD_OUT}
    console.print(f"Zooming {ZOOMED} with the bundled weights {BUNDLED}")
    zoomed = zoom_both(bundled, BUNDLED, read_photo(out / "photos" / f"{ZOOMED}.png").color)
    return write_page(out, Findings(len(training), alignments, seconds, steps, result.rows, crops, ZOOMED, zoomed))


def register_all(
    source: Source, names: list[str], out: Path, console: Console
) -> tuple[list[TrainingPair], list[Alignment]]:
    """Misalign and register the pairs; say how far the result is from the known truth.

    Raises:
        PairError: no pair could be registered.
    """
    pairs = prepare_all(source, names, Preparation(misalignment=MISALIGNMENT), PairCache(out / "pairs"))
    if not pairs:
        raise PairError("no pair could be registered.", path=out / "photos", remedy="The reasons are listed above.")
    accepted = tracked([pair.name for pair in pairs], "Comparing with the truth", console)
    alignments = [align(source, name, MISALIGNMENT) for name in accepted]
    moved = np.median(np.concatenate([a.distance for a in alignments]))
    error = np.median(np.concatenate([a.error for a in alignments]))
    console.print(
        f"{len(pairs)} of {len(names)} pairs registered. Pixels were moved by {moved:.1f} px (median); "
        f"after registration they are {error:.2f} px off, where registration trusts itself."
    )
    return pairs, alignments


def score_held_out(source: Source, model: ZoomModel, console: Console) -> Evaluation:
    """The honest protocol on the photographs that were held out."""
    loaders = [partial(load_pair, source, name) for name in HELD_OUT]
    result = evaluate([Method(TOY, model)], tracked(loaders, "Scoring", console))
    console.print(means_terminal(means(result.rows)))
    return result


def compare(model: ZoomModel, source: Source, name: str) -> dict[str, Picture]:
    """A pair's short shot enlarged by bicubic interpolation and by the model, and the truth."""
    pair = source.load(name)
    return {**zoom_both(model, TOY, np.asarray(pair.x, np.uint8)), "truth": np.asarray(pair.y, np.uint8)}


def zoom_both(model: ZoomModel, title: str, photo: Picture) -> dict[str, Picture]:
    """The whole photograph enlarged by bicubic interpolation and by the model."""
    return {"bicubic": zoom(build("bicubic", scale=SCALE), photo), title: zoom(model, photo)}
