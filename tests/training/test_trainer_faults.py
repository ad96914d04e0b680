from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from opticalzoom.errors import CheckpointError, ConfigError, PairError, TrainingError
from opticalzoom.training.trainer_faults import reason, trainer_refusals, training_faults

OUT = Path("runs/one")


def fail(error: BaseException, *, checkpoint: Path | None = None, started: bool = False) -> None:
    with training_faults(OUT, checkpoint, lambda: started):
        raise error


def test_disks_that_refuse_are_named():
    with pytest.raises(TrainingError, match=r"logs/events: cannot be written: No space left.* Free some space"):
        fail(OSError(errno.ENOSPC, "No space left on device", "logs/events"), started=True)
    with pytest.raises(TrainingError, match="runs/one: cannot be written: Read-only"):
        fail(OSError(errno.EROFS, "Read-only file system"))


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")],
)
def test_short_memory_says_what_to_lower(error):
    with pytest.raises(TrainingError, match=r"memory is short .*Lower --data\.batch_size"):
        fail(error, started=True)


def test_what_fails_before_the_first_step_is_the_checkpoints_or_the_options_fault():
    with pytest.raises(CheckpointError, match=r"last\.ckpt: is damaged.*KeyError: 'loops'"):
        fail(KeyError("loops"), checkpoint=OUT / "last.ckpt")
    with pytest.raises(ConfigError, match=r"cannot begin: no such thing\. Change or leave out"):
        fail(ValueError("no such\n thing."))


def test_a_fault_of_ours_and_what_is_told_well_already_are_left_alone():
    with pytest.raises(KeyError):
        fail(KeyError("ours"), started=True)
    with pytest.raises(PairError, match="told well"):
        fail(PairError("told well."), checkpoint=OUT)


def test_a_trainer_that_cannot_be_made_is_a_matter_of_its_options():
    with pytest.raises(ConfigError, match="cannot be set up: No GPU"), trainer_refusals():
        raise MisconfigurationException("No GPU")
    with pytest.raises(PairError), trainer_refusals():
        raise PairError("told well.")


def test_a_thread_that_writes_logs_is_quiet_about_the_disk(capsys):
    def write() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = threading.excepthook
    with training_faults(OUT, None, lambda: True):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert capsys.readouterr().err == ""
    assert threading.excepthook is before


def test_reasons_are_one_line():
    assert reason(ValueError("two\n  lines")) == "two lines"
    assert reason(MemoryError()) == "MemoryError"
    assert len(reason(ValueError("x" * 1000))) == 301
