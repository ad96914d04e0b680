"""How far a run is and how long its steps take, in a file that another process can read."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from opticalzoom.errors import OpticalZoomError
from opticalzoom.files import atomic_path
from opticalzoom.pages.tables import read_json

_EVERY = 1.0  # seconds between two notes
_KEPT = 50  # steps that the median is taken of


@dataclass(frozen=True)
class Progress:
    """Steps done, and the median seconds of the last ones (0 before the second)."""

    steps: int = 0
    seconds: float = 0.0


class Pace(Callback):
    """Notes the :class:`Progress` of a run in a file, about once a second and at the end.

    The first step is a warm-up and not counted.
    """

    def __init__(self, file: str) -> None:
        self._file = Path(file)
        self._times: list[float] = []
        self._begun: float | None = None
        self._noted = 0.0

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """The clock starts when the patches are there: cutting them is the same for all rows."""
        self._begun = time.perf_counter()

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """Time the step, and note the progress once a second."""
        now = time.perf_counter()
        if self._begun is not None:
            self._times = [*self._times[-_KEPT:], now - self._begun]
        if trainer.is_global_zero and now - self._noted > _EVERY:
            self._note(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note where the training ended."""
        if trainer.is_global_zero:
            self._note(trainer)

    def _note(self, trainer: pl.Trainer) -> None:
        self._noted = time.perf_counter()
        progress = Progress(trainer.global_step, median(self._times[1:]) if len(self._times) > 1 else 0.0)
        with atomic_path(self._file, overwrite=True) as part:
            part.write_text(json.dumps(asdict(progress)))


def read_progress(file: Path) -> Progress:
    """The progress that was noted last; no steps if none was, or if the file is being written."""
    try:
        return Progress(**read_json(file, {"steps": int, "seconds": float}, ""))
    except (OpticalZoomError, TypeError):
        return Progress()
