"""A minute's training: a tiny network, on the processor, for about as long as is asked for."""

from __future__ import annotations

import logging
import warnings
from datetime import timedelta
from pathlib import Path

import pytorch_lightning as pl
import torch
from rich.console import Console
from torch import nn
from torch.utils.benchmark import Timer
from torch.utils.data import DataLoader

from opticalzoom.pairs.registered import TrainingPair
from opticalzoom.training.callbacks import CleanStop, StepProgress, WeightsFile
from opticalzoom.training.lightning import ZoomTraining
from opticalzoom.training.patches import PatchDataset, StepSampler
from opticalzoom.training.saved_state import StateFiles

NETWORK = {"features": 32, "blocks": 3}
_PATCH, _BATCH = 48, 8
_EXPECTED_WARNINGS = (
    ".*does not have many workers.*",  # patches cost less than a millisecond
    ".*have no `val_dataloader`.*",  # scored afterwards
    ".*LeafSpec.*",  # between Lightning and torch
)


def train_for(seconds: float, pairs: list[TrainingPair], scale: int, out: Path, console: Console) -> int:
    """Train a tiny SDAN on the processor; its weights are in the folder then.

    Args:
        seconds: that it may take, about.
        pairs: to learn from.
        scale: Y over X.
        out: folder of the run.
        console: where the length and the progress are shown.

    Returns:
        The number of steps.

    Raises:
        KeyboardInterrupt: after Ctrl-C.
    """
    torch.manual_seed(0)
    training = ZoomTraining("sdan_lite", NETWORK, scale=scale, learning_rate=1e-3, unaligned=0.75)
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
        callbacks=[StepProgress(), WeightsFile(out, {"demo": seconds}, decay=0.98), stop],
        plugins=[StateFiles()],
    )
    patches = DataLoader(PatchDataset(pairs, scale, _PATCH), batch_sampler=StepSampler(_BATCH))
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
