"""Damaged files by the hundred, each opened in a process with limits; what becomes of them is counted."""

from __future__ import annotations

import resource
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import NamedTuple

from fuzz_seeds import PHOTOS, seeds_of
from mutations import mutated
from openers import outcome

from opticalzoom.parallel import faults

_DATA = 6 << 30
"""Bytes that the process of the files may have: more ends it, and not the machine."""
_FILES = 1 << 30
_WARM_UP = 300.0
"""Seconds for a whole file, which come with imports."""
MOST_MEMORY = 1.5e9
"""Bytes that a photo of less than 10 MB may take beside what the process has."""


class Answer(NamedTuple):
    """What became of a file, the processor's seconds for it, and the bytes that it took."""

    outcome: str
    seconds: float
    memory: float


class Lost(NamedTuple):
    """A file that was neither taken nor refused as it should be."""

    name: str
    reason: str


@dataclass
class Tally:
    """What became of the files of a kind.

    Attributes:
        kind: of file.
        taken: how many were read.
        refused: how many were refused with a message of ours.
        lost: the others, and why.
        seconds: of the processor, for the slowest one.
        memory: bytes that the largest one took.
    """

    kind: str
    taken: int = 0
    refused: int = 0
    lost: list[Lost] = field(default_factory=list)
    seconds: float = 0.0
    memory: float = 0.0

    @property
    def tried(self) -> int:
        return self.taken + self.refused + len(self.lost)


class Arena:
    """A process that opens files, started again whenever one ends it.

    Args:
        folder: for the files and for what is kept of them.
        patience: seconds until a file that is still being opened counts as hanging.
    """

    def __init__(self, folder: Path, patience: float = 10.0) -> None:
        self.folder, self.patience = folder, patience
        self._process = self._connection = None
        self._warm: set[str] = set()

    def try_files(self, kind: str, count: int, seed: int = 0) -> Tally:
        """Open ``count`` damaged files of a kind; those that are lost are kept in ``folder/kept``."""
        tally, seeds = Tally(kind), seeds_of(kind)
        others = [content for _, content in seeds]
        for number in range(count):
            random = Random(f"{seed} {kind} {number}")
            suffix, content = random.choice(seeds)
            name = f"{kind.replace(' ', '-')}-{seed}-{number}{suffix}"
            self._try_one(kind, name, mutated(content, others, random), tally)
        return tally

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
        self._process = None

    def _try_one(self, kind: str, name: str, content: bytes, tally: Tally) -> None:
        answer = self._opened(kind, name, content, self.patience)
        found = answer.outcome
        tally.seconds, tally.memory = max(tally.seconds, answer.seconds), max(tally.memory, answer.memory)
        if kind in PHOTOS and answer.memory > MOST_MEMORY:
            found = f"took {answer.memory / 1e9:.1f} GB"
        if found in {"taken", "refused"}:
            setattr(tally, found, getattr(tally, found) + 1)
            return
        tally.lost.append(Lost(name, found))
        (self.folder / "kept").mkdir(exist_ok=True)
        (self.folder / "kept" / name).write_bytes(content)

    def _opened(self, kind: str, name: str, content: bytes, patience: float) -> Answer:
        if self._process is None:
            self._start()
        if kind not in self._warm:  # imports are no file's fault; and whole files have to be taken
            self._warm.add(kind)
            for number, (suffix, whole) in enumerate(seeds_of(kind)):
                answer = self._opened(kind, f"whole-{number}{suffix}", whole, _WARM_UP)
                assert answer.outcome == "taken", f"whole {kind} {number}: {answer.outcome}"
        shutil.rmtree(self.folder / kind, ignore_errors=True)
        path = self.folder / kind / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        try:
            self._connection.send((kind, path))
            if self._connection.poll(patience):
                return Answer(*self._connection.recv())
            found = f"hung for {patience:g} s"
        except (EOFError, ConnectionError):
            self._process.join()
            found = f"ended the process with {self._process.exitcode}"
        self.close()
        return Answer(found, patience, 0.0)

    def _start(self) -> None:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self.folder / "log"), daemon=True)
        self._process.start()
        theirs.close()
        self._warm.clear()


def serve(connection: Connection, log: Path) -> None:
    """What the process does: it answers each file with outcome, seconds of the processor, and bytes."""
    faults.LOG = log
    resource.setrlimit(resource.RLIMIT_DATA, (_DATA, _DATA))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILES, _FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(EOFError):
        while True:
            kind, path = connection.recv()
            before, began = _forget_peak(), time.process_time()
            found = _told(kind, path)
            connection.send((found, time.process_time() - began, max(0.0, _peak() - before)))


def _told(kind: str, path: Path) -> str:
    try:
        return outcome(kind, path)
    except BaseException as error:
        faults.keep_traceback(error)
        return f"{type(error).__name__}: {error}"[:300]


def _forget_peak() -> float:
    """Bytes of this process now, from which on its peak is counted."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> float:
    with suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return 0.0
