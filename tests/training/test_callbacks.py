"""What happens around a training of a few steps, in this process: stops, checkpoints, weights and pictures."""

from __future__ import annotations

import signal
import warnings
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from PIL import Image
from pytorch_lightning.callbacks import Callback
from torch.utils.data import DataLoader

from opticalzoom.engines.checkpoint import load_model
from opticalzoom.training.callbacks import CHECKPOINT_NAME, WEIGHTS_NAME, CleanStop, Pictures, StepProgress, WeightsFile
from opticalzoom.training.lightning import ZoomTraining
from opticalzoom.weights.card import read_card

STEPS = 4


class Interrupted(Callback):
    """Ctrl-C in the middle of a step."""

    def __init__(self, step: int) -> None:
        self._step = step

    def on_train_batch_start(self, trainer: pl.Trainer, *_: object) -> None:
        if trainer.global_step == self._step:
            signal.raise_signal(signal.SIGINT)


def batches(size: int) -> DataLoader:
    """Pairs of smooth noise at ×2, one a batch."""
    generator = torch.Generator().manual_seed(1)
    pairs = []
    for _ in range(2 * STEPS):
        y = torch.rand(3, 2 * size, 2 * size, generator=generator)
        x = torch.nn.functional.avg_pool2d(y, 2)
        pairs.append({"x": x, "y": y, "mask": torch.ones(1, 2 * size, 2 * size)})
    return DataLoader(pairs, batch_size=1)


def network() -> ZoomTraining:
    torch.manual_seed(0)
    return ZoomTraining("sdan_lite", {"features": 4, "blocks": 1}, scale=2)


def fit(training: ZoomTraining, *callbacks: Callback, validate: bool = False) -> pl.Trainer:
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_steps=STEPS,
        limit_val_batches=1 if validate else 0,
        num_sanity_val_steps=0,
        val_check_interval=2,
        logger=False,
        enable_model_summary=False,
        enable_progress_bar=any(isinstance(callback, StepProgress) for callback in callbacks),
        enable_checkpointing=any(isinstance(callback, CleanStop) for callback in callbacks),
        callbacks=list(callbacks),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(training, batches(12), batches(40) if validate else None)
    return trainer


def test_ctrl_c_ends_the_run_after_its_step_and_leaves_a_checkpoint(tmp_path: Path) -> None:
    stop, before = CleanStop(tmp_path), signal.getsignal(signal.SIGINT)
    training = network()
    trainer = fit(training, Interrupted(1), stop)
    assert stop.stopped
    assert trainer.global_step == 2
    checkpoint = torch.load(tmp_path / CHECKPOINT_NAME, weights_only=True)
    assert checkpoint["global_step"] == 2
    for name, tensor in training.state_dict().items():
        assert torch.equal(checkpoint["state_dict"][name], tensor), name
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_that_ends_leaves_a_checkpoint_of_its_last_step(tmp_path: Path) -> None:
    stop = CleanStop(tmp_path)
    fit(network(), WeightsFile(tmp_path, {}), stop)
    assert not stop.stopped
    assert torch.load(tmp_path / CHECKPOINT_NAME, weights_only=True)["global_step"] == STEPS


def test_a_second_ctrl_c_is_not_held_back(tmp_path: Path) -> None:
    stop, before = CleanStop(tmp_path), signal.getsignal(signal.SIGINT)
    stop.on_train_start(None, None)
    try:
        signal.raise_signal(signal.SIGINT)
        assert stop.stopped
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_weights_are_the_networks_and_the_card_tells_the_run(tmp_path: Path) -> None:
    training = network()
    fit(training, WeightsFile(tmp_path, {"root": "photos"}), validate=True)
    card = read_card(tmp_path / WEIGHTS_NAME)
    assert (card.builder, card.arguments["scale"], card.arguments["features"]) == ("sdan_lite", 2, 4)
    assert card.training["steps"] == STEPS
    assert card.training["data"] == {"root": "photos"}
    assert 0 < card.training["val/psnr_y"] < 60
    x = torch.rand(1, 3, 8, 9)
    with torch.no_grad():
        torch.testing.assert_close(load_model(tmp_path / WEIGHTS_NAME)(x).image, training.model.eval()(x).image)


def test_pictures_show_the_middle_of_the_first_pair_after_every_validation(tmp_path: Path) -> None:
    fit(network(), Pictures(tmp_path, crop=40), validate=True)
    folder = tmp_path / "pictures"
    steps = (2, 4)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{step:07d}-{kind}.png" for step in steps for kind in ("crops", "offset")
    )
    crops = np.asarray(Image.open(folder / "0000004-crops.png"))
    assert crops.shape[1] == 3 * 40 + 2 * 8  # bicubic, ours and the truth
    truth = batches(40).dataset[0]["y"].permute(1, 2, 0).numpy()[20:60, 20:60]
    np.testing.assert_array_equal(crops[-40:, -40:], np.round(truth * 255).astype(np.uint8))


def test_the_bar_counts_all_steps_of_the_run_and_shows_no_version() -> None:
    bar = StepProgress()
    fit(network(), bar)
    assert bar.total_train_batches == STEPS
    assert "v_num" not in bar.get_metrics(bar.trainer, network())
    assert "loss" in bar.get_metrics(bar.trainer, network())
