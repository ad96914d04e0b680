"""What happens around training: progress, clean stops, weights and pictures on disk."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback, Checkpoint, EMAWeightAveraging, RichProgressBar
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor

from opticalzoom.engines.checkpoint import save_model
from opticalzoom.errors import CheckpointError
from opticalzoom.models.trunk import bicubic_zoom
from opticalzoom.pages.flow_pictures import flow_picture
from opticalzoom.pages.pictures import Picture, beside, label, save_picture
from opticalzoom.parallel.interruption import deferred_interrupt
from opticalzoom.training.lightning import ZoomTraining
from opticalzoom.weights.card import ModelCard, read_card

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
    """Saves the run from time to time; Ctrl-C ends it after the step under way, a second one at once.

    A checkpoint, because Lightning calls those after all other callbacks: when the averaged weights have had the step.
    That of the last step is :class:`WeightsFile`'s: a run is not done before its weights are written. Until then there
    is the one of the step before, so that a run that is killed in its last validation has one step to do again.

    Args:
        out: folder of the run.
        minutes: time between two checkpoints; None for none but those of Ctrl-C and at the end.
    """

    def __init__(self, out: Path, minutes: float | None = None) -> None:
        self._checkpoint = out / CHECKPOINT_NAME
        self._seconds, self._saved = math.inf if minutes is None else 60 * minutes, time.monotonic()
        self._ended = self.started = self.stepped = False
        self._listening = ExitStack()
        self._pressed: Callable[[], bool] = lambda: False

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C was pressed, in whichever process of the run."""
        return self._ended or self._pressed()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Listen for Ctrl-C."""
        self._pressed = self._listening.enter_context(deferred_interrupt())
        self._saved, self.started = time.monotonic(), True

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """Stop and save between two steps, where a checkpoint is exact."""
        self.stepped = True
        decide = partial(trainer.strategy.reduce_boolean_decision, all=False)
        if decide(self.stopped):
            self._ended = trainer.should_stop = True
        due = decide(time.monotonic() - self._saved > self._seconds)
        left = trainer.max_steps - trainer.global_step
        if left > 0 and (trainer.should_stop or ((due or left == 1) and not _validation_follows(trainer))):
            self._save(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save, as the validation would not be made up for."""
        if self.started and trainer.global_step < trainer.max_steps:
            self._save(trainer)

    def _save(self, trainer: pl.Trainer) -> None:
        trainer.save_checkpoint(self._checkpoint)
        self._saved = time.monotonic()

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Give the signal back."""
        self._listening.close()


def _validation_follows(trainer: pl.Trainer) -> bool:
    """Whether the trainer validates after the batch that it has just had, where an interval counts batches."""
    interval = trainer.val_check_batch
    batches = trainer.fit_loop.epoch_loop.total_batch_idx + 1
    return bool(trainer.enable_validation and isinstance(interval, int) and batches % interval == 0)


class WeightsFile(EMAWeightAveraging):
    """Averages the weights and writes the averaged ones, after every validation and at the end, with a summary.

    Args:
        out: folder of the run.
        data: what the card tells of the pairs.
        decay: share of the averaged weights that a step keeps.
    """

    def __init__(self, out: Path, data: dict[str, Any], decay: float = 0.999) -> None:
        super().__init__(decay=decay)
        self._out, self._data = out, data
        self._scores: dict[str, float] = {}

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the averaged weights, which are the model's during validation, with its scores."""
        self._scores = {k: round(float(v), 4) for k, v in trainer.callback_metrics.items() if k.startswith("val/")}
        if not trainer.sanity_checking:
            self._write(trainer, pl_module)
        super().on_validation_epoch_end(trainer, pl_module)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the averaged weights, then the checkpoint that tells that all is done; then they are the model's."""
        self._swap_models(pl_module)
        self._write(trainer, pl_module)
        self._swap_models(pl_module)  # the checkpoint has both, and a longer run goes on from those of the last step
        if trainer.global_step >= trainer.max_steps:
            trainer.save_checkpoint(self._out / CHECKPOINT_NAME)
        super().on_train_end(trainer, pl_module)

    def complete(self, training: ZoomTraining, state: dict[str, Any]) -> None:
        """Write the averaged weights of a finished run's checkpoint, unless they are there; ``training`` has them then.

        Args:
            training: of the run.
            state: of its last step, see :func:`~opticalzoom.training.saved_state.load_run`.
        """
        path = self._out / WEIGHTS_NAME
        with suppress(CheckpointError):
            if read_card(path).training.get("steps") == state["global_step"]:
                return
        training.load_state_dict(state["state_dict"])
        self._scores = state["callbacks"].get(self.state_key, {}).get("scores", {})
        save_model(path, training.model, self._card(training, state["global_step"]), overwrite=True)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs to write the same file."""
        return {**super().state_dict(), "scores": self._scores}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """See :meth:`state_dict`."""
        super().load_state_dict(state_dict)
        self._scores = dict(state_dict.get("scores", {}))

    def _write(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero or not isinstance(pl_module, ZoomTraining):
            return
        card = self._card(pl_module, trainer.global_step)
        save_model(self._out / WEIGHTS_NAME, pl_module.model, card, overwrite=True)

    def _card(self, training: ZoomTraining, steps: int) -> ModelCard:
        summary = {"steps": steps, "data": self._data, **self._scores}
        return ModelCard(training.card.builder, training.card.arguments, summary)


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
