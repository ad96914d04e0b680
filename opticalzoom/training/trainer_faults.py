"""What PyTorch, Lightning and the system raise around a training, as errors that a user can mend."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytorch_lightning.utilities.exceptions import MisconfigurationException

from opticalzoom.errors import ConfigError, OpticalZoomError, TrainingError
from opticalzoom.files import unwritable
from opticalzoom.training.saved_state import unusable_state

_MEMORY = ("can't allocate memory", "out of memory", "bad_alloc", "Unable to allocate", "is killed by signal")
"""What PyTorch, CUDA, C++, NumPy and PyTorch's loader of data say where memory is short."""


@contextmanager
def trainer_refusals() -> Iterator[None]:
    """Around the making of a trainer: what Lightning cannot do on this machine, or never.

    Raises:
        ConfigError: with Lightning's reason.
    """
    try:
        yield
    except OpticalZoomError:
        raise
    except (MisconfigurationException, ImportError, ValueError, TypeError, RuntimeError, NotImplementedError) as error:
        raise ConfigError(
            f"the trainer cannot be set up: {reason(error)}", remedy="Change or leave out that --trainer option."
        ) from error


@contextmanager
def training_faults(out: Path, checkpoint: Path | None, started: Callable[[], bool]) -> Iterator[None]:
    """Around a training: disks that refuse, memory that is short, and a checkpoint or a trainer that cannot begin.

    Args:
        out: folder of the run.
        checkpoint: that it goes on from, if any.
        started: asked after a failure whether the first step had begun.

    Raises:
        TrainingError: a disk refuses or memory is short; the last checkpoint is as it was.
        CheckpointError: the run cannot go on from its checkpoint.
        ConfigError: the trainer's options do not suit each other, the network or this machine.
    """
    hook, threading.excepthook = threading.excepthook, _quiet_about_disks
    try:
        yield
    except (OpticalZoomError, KeyboardInterrupt):
        raise
    except OSError as error:
        raise unwritable(error, Path(error.filename or out), TrainingError) from error
    except Exception as error:
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in _MEMORY):
            remedy = "Lower --data.batch_size, --data.patch_size or --data.workers."
            raise TrainingError(f"memory is short ({reason(error)}).", path=out, remedy=remedy) from error
        if started():
            raise
        if checkpoint is not None:
            raise unusable_state(checkpoint, error) from error
        raise ConfigError(
            f"the training cannot begin: {reason(error)}", remedy="Change or leave out that --trainer option."
        ) from error
    finally:
        threading.excepthook = hook


def reason(error: BaseException) -> str:
    """The first sentence of what an exception says, or its class where it says nothing."""
    text = " ".join(str(error).split())
    return (text if len(text) <= 300 else f"{text[:300]}…") or type(error).__name__


def _quiet_about_disks(args: Any) -> None:
    """A thread that writes logs meets a full disk before the training does, which then says so."""
    if not issubclass(args.exc_type, OSError):
        threading.__excepthook__(args)
