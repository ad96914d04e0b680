"""A training run: Lightning's command line around :class:`ZoomTraining` and :class:`PairsDataModule`.

The run's folder holds ``weights.safetensors`` (averaged weights, for the other verbs), ``last.ckpt`` (to resume),
``logs`` (TensorBoard and CSV, and the ``config.yaml`` of the run) and ``pictures``.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytorch_lightning as pl
from pytorch_lightning.callbacks import LearningRateMonitor
from pytorch_lightning.cli import ArgsType, LightningArgumentParser, LightningCLI
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from opticalzoom.errors import ConfigError, OutputExistsError
from opticalzoom.files import check_writable
from opticalzoom.training.callbacks import CHECKPOINT_NAME, WEIGHTS_NAME, CleanStop, Pictures, StepProgress, WeightsFile
from opticalzoom.training.datamodule import PairsDataModule
from opticalzoom.training.lightning import ZoomTraining
from opticalzoom.training.precision import fast_precision
from opticalzoom.training.run_options import check_configs, check_ranges
from opticalzoom.training.saved_state import StateFiles, load_run
from opticalzoom.training.trainer_faults import trainer_refusals, training_faults

TRAINER_DEFAULTS: dict[str, Any] = {
    "max_steps": 8000,
    "val_check_interval": 1000,
    "check_val_every_n_epoch": None,  # epochs have no end: the interval counts steps
    "gradient_clip_val": 0.5,
    "log_every_n_steps": 25,
    "num_sanity_val_steps": 0,
    "use_distributed_sampler": False,  # StepSampler knows the ranks
    "enable_model_summary": False,
}
_EXPECTED_WARNINGS = (
    "Total length of `DataLoader` across ranks is zero.*",  # no validation pairs, which is said
    ".*does not have many workers.*",  # patches cost less than a millisecond
    ".*`IterableDataset` has `__len__`.*",
    ".*mid-epoch.*",  # StepSampler resumes in the middle of an epoch exactly
    "LightningCLI's args parameter is intended to run from within Python.*",  # they are sys.argv without the verb
    "Experiment logs directory .* exists and is not empty.*",  # two loggers share it
    "Checkpoint directory .* exists and is not empty.*",  # resuming; prepare_out has asked already
    ".*`isinstance\\(treespec, LeafSpec\\)` is deprecated.*",  # Lightning's own call
)


class TrainCLI(LightningCLI):
    """Our options beside Lightning's, and our callbacks and loggers in the run's folder."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Options that are neither the model's, the data's nor the trainer's."""
        parser.add_argument("--out", type=str, default="runs/train", help="Folder of the run.")
        parser.add_argument(
            "--resume", action="store_true", help="Continue the run in that folder from its last checkpoint."
        )
        parser.add_argument("--overwrite", action="store_true", help="Replace the run in that folder.")
        parser.add_argument("--ema", type=float, default=0.999, help="Decay of the averaged weights, a step.")
        parser.add_argument("--checkpoint_minutes", type=float, default=5.0, help="Time between two checkpoints.")
        parser.link_arguments("data.scale", "model.scale")
        parser.link_arguments("data.input", "model.input")

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Refuse what is out of range before anything is built of it."""
        super().parse_arguments(parser, args)
        if self.config.trainer.max_steps < 1:
            raise ConfigError("a run's length is counted in steps.", remedy="Set --trainer.max_steps to 1 or more.")
        check_ranges(vars(self.config.as_flat()))

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """Lightning's trainer with our callbacks, loggers and precision."""
        options = self.config
        out = Path(options.out)
        prepare_out(out, options.resume, options.overwrite)
        board = TensorBoardLogger(out, name="logs")
        data = {name: value for name, value in options.data.items() if name not in {"root", "cache"}}  # private
        self.weights, self.stop = WeightsFile(out, data, options.ema), CleanStop(out, options.checkpoint_minutes)
        callbacks = [
            *([] if options.trainer.enable_progress_bar is False else [StepProgress()]),
            LearningRateMonitor(),
            Pictures(out),
            self.weights,
            self.stop,
            *(self.config_init.trainer.callbacks or []),
        ]
        precision = options.trainer.precision or fast_precision()
        loggers = [board, CSVLogger(out, name="logs", version=board.version)]
        plugins = [*(self.config_init.trainer.plugins or []), StateFiles()]
        with trainer_refusals():
            return super().instantiate_trainer(
                callbacks=callbacks, logger=loggers, precision=precision, plugins=plugins, **kwargs
            )


@dataclass(frozen=True)
class TrainingOutcome:
    """How a run ended.

    Attributes:
        out: its folder.
        steps: done so far, those of earlier runs that it continued among them.
        stopped: whether Ctrl-C ended it before its last step.
        speaks: whether this process is the one of several that says so.
    """

    out: Path
    steps: int
    stopped: bool
    speaks: bool = True

    @property
    def exit_code(self) -> int:
        """0, or 130 after Ctrl-C, as shells have it."""
        return 130 if self.stopped else 0

    @property
    def summary(self) -> str:
        """What there is now and where, in one line."""
        if self.stopped:
            return f"Stopped after {self.steps} steps; --resume continues from {self.out / CHECKPOINT_NAME}"
        return f"{self.steps} steps done. Weights: {self.out / WEIGHTS_NAME}. Pictures and logs: {self.out}"


def run_training(arguments: list[str]) -> TrainingOutcome:
    """Train in this process as the command line says, until the last step or Ctrl-C.

    Args:
        arguments: the words after ``opticalzoom train``.

    Raises:
        OpticalZoomError: for what the user can mend.
    """
    for message in _EXPECTED_WARNINGS:
        warnings.filterwarnings("ignore", message)
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    check_configs(arguments)
    cli = TrainCLI(
        ZoomTraining,
        PairsDataModule,
        trainer_defaults=TRAINER_DEFAULTS,
        seed_everything_default=0,
        save_config_kwargs={"overwrite": True},
        parser_kwargs={"prog": "opticalzoom train", "description": "Learn a zoom from photo pairs."},
        args=cast(ArgsType, arguments),
        run=False,
    )
    out = Path(cli.config.out)
    checkpoint = out / CHECKPOINT_NAME if cli.config.resume else None
    if checkpoint:
        state = load_run(checkpoint, cli.model)
        if state["global_step"] >= cli.trainer.max_steps:
            if cli.trainer.is_global_zero:
                cli.weights.complete(cli.model, state)
            return TrainingOutcome(out, state["global_step"], stopped=False, speaks=cli.trainer.is_global_zero)
    # damage that a checkpoint hides shows in the first step
    with training_faults(out, checkpoint, lambda: cli.stop.stepped if checkpoint else cli.stop.started):
        cli.trainer.fit(cli.model, cli.datamodule, ckpt_path=checkpoint)
    return TrainingOutcome(out, cli.trainer.global_step, cli.stop.stopped, cli.trainer.is_global_zero)


def prepare_out(out: Path, resume: bool, overwrite: bool) -> None:
    """Refuse to lose a finished run, and to resume what is not there.

    Raises:
        OutputExistsError: a run is there and neither resume nor overwrite was asked for.
        ConfigError: there is nothing to resume.
        OpticalZoomError: the folder cannot be written to.
    """
    checkpoint = out / CHECKPOINT_NAME
    if resume and not checkpoint.is_file():
        raise ConfigError(
            "no checkpoint to resume from.", path=checkpoint, remedy="Check --out, or train without --resume."
        )
    if not resume and not overwrite and (checkpoint.exists() or (out / WEIGHTS_NAME).exists()):
        going_on = "Add --resume to continue it, --overwrite" if checkpoint.exists() else "Add --overwrite"
        raise OutputExistsError(
            "holds a run already.", path=out, remedy=f"{going_on} to replace it, or choose another --out."
        )
    check_writable(out)
