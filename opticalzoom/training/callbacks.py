"""What happens around training: progress, clean stops, weights and pictures on disk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback, Checkpoint, RichProgressBar
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor

from opticalzoom.engines.checkpoint import save_model
from opticalzoom.models.trunk import bicubic_zoom
from opticalzoom.pages.flow_pictures import flow_picture
from opticalzoom.pages.pictures import Picture, beside, label, save_picture
from opticalzoom.parallel.interruption import deferred_interrupt
from opticalzoom.training.lightning import ZoomTraining
from opticalzoom.weights.card import ModelCard

CHECKPOINT_NAME = "last.ckpt"
WEIGHTS_NAME = "weights.safetensors"


class StepProgress(RichProgressBar):
    """Lightning's rich progress bar over the optimisation steps: our epochs have no end."""

    @property
    def total_train_batches(self) -> int | float:
        """Batches of the whole run, which the bar counts up to."""
        return self.trainer.max_steps * self.trainer.accumulate_grad_batches

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        """The loss and the score, without the logger's version number."""
        return {name: value for name, value in super().get_metrics(trainer, pl_module).items() if name != "v_num"}

    def _get_train_description(self, current_epoch: int) -> str:
        return "Training"


class CleanStop(Checkpoint):
    """Ctrl-C ends the run after the step under way, a second one at once; the last step leaves a checkpoint.

    A checkpoint, because Lightning calls those after all other callbacks: when the averaged weights have had the
    step. After the end the averaged weights have replaced the model's, and a checkpoint could not be resumed exactly.
    """

    def __init__(self, out: Path) -> None:
        self._checkpoint = out / CHECKPOINT_NAME
        self._ended = False
        self._listening = ExitStack()
        self._pressed: Callable[[], bool] = lambda: False

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C was pressed, in whichever process of the run."""
        return self._ended or self._pressed()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Listen for Ctrl-C."""
        self._pressed = self._listening.enter_context(deferred_interrupt())

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """Stop and save between two steps, where a checkpoint is exact."""
        if trainer.strategy.reduce_boolean_decision(self.stopped, all=False):
            self._ended = trainer.should_stop = True
        if trainer.should_stop or trainer.global_step == trainer.max_steps:
            trainer.save_checkpoint(self._checkpoint)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Give the signal back."""
        self._listening.close()


class WeightsFile(Callback):
    """Writes the (averaged) weights after every validation and at the end, with a summary of the run so far.

    It must come before the weight averaging in the list of callbacks: that one puts the raw weights back.
    """

    def __init__(self, out: Path, data: dict[str, Any]) -> None:
        self._path, self._data = out / WEIGHTS_NAME, data

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """After validation, with its scores."""
        self._write(trainer, pl_module)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """At the end, when the averaged weights have become the model's."""
        self._write(trainer, pl_module)

    def _write(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero or not isinstance(pl_module, ZoomTraining):
            return
        scores = {k: round(float(v), 4) for k, v in trainer.callback_metrics.items() if k.startswith("val/")}
        summary = {"steps": trainer.global_step, "data": self._data, **scores}
        card = ModelCard(pl_module.card.builder, pl_module.card.arguments, summary)
        save_model(self._path, pl_module.model, card, overwrite=True)


class Pictures(Callback):
    """After every validation: bicubic, ours and the truth of the first picture, and its offset field in colours."""

    def __init__(self, out: Path, crop: int = 240) -> None:
        self._folder, self._crop = out / "pictures", crop

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: dict[str, Tensor],
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Draw the first picture."""
        if batch_idx or not trainer.is_global_zero or not isinstance(pl_module, ZoomTraining):
            return
        parts = {"bicubic": bicubic_zoom(batch["x"], pl_module.contract), "zoomed": outputs, "truth": batch["y"]}
        self._show(trainer, "crops", beside([label(_pixels(p, self._crop), name) for name, p in parts.items()]))
        offset = pl_module(batch["x"]).offset
        if offset is not None:
            self._show(trainer, "offset", flow_picture(offset[0].float().permute(1, 2, 0).cpu().numpy()))

    def _show(self, trainer: pl.Trainer, name: str, picture: Picture) -> None:
        save_picture(self._folder / f"{trainer.global_step:07d}-{name}.png", picture, overwrite=True)
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                logger.experiment.add_image(f"val/{name}", picture, trainer.global_step, dataformats="HWC")


def _pixels(image: Tensor, side: int) -> Picture:
    """The middle of the first image of a batch, H×W×3 uint8."""
    top, left = (max(0, (length - side) // 2) for length in image.shape[-2:])
    crop = image[0, :, top : top + side, left : left + side].float().clamp(0, 1)
    return np.asarray((crop * 255).round().byte().permute(1, 2, 0).cpu().numpy())
