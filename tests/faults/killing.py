"""Commands killed at random moments: the next run goes on, ends with the same files, and leaves nothing beside them."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from cards import write_card
from learnings import write_pairs
from PIL import Image
from places import REPOSITORY
from safetensors.numpy import load_file
from trainings import quick, write_photos

_LEARN = """
import sys
from opticalzoom import learn
learn(sys.argv[1], sys.argv[2], budget=600, steps=30, install_winners=False)
"""
_PATIENCE = 600


@dataclass(frozen=True)
class Work:
    """Something long that can be killed.

    Attributes:
        name: the verb.
        prepare: writes its input to a folder.
        first: (input, output) -> words after ``python``.
        again: words that are added when it is run again.
        results: patterns of the files below the output that have to be equal.
    """

    name: str
    prepare: Callable[[Path], object]
    first: Callable[[Path, Path], Sequence[str]]
    again: Sequence[str]
    results: Sequence[str]


def _write_pictures(folder: Path) -> None:
    random = np.random.default_rng(0)
    folder.mkdir()
    for number in range(4):
        Image.fromarray(random.integers(0, 256, (300, 400, 3), np.uint8)).save(folder / f"{number}.jpg")


def _write_small_photos(folder: Path) -> None:
    folder.mkdir()
    write_photos(folder)


def _verb(*words: object) -> list[str]:
    return ["-m", "opticalzoom", *map(str, words)]


def _train(source: Path, output: Path) -> list[str]:
    options = quick(source, output) | {"data.cache": output.parent / "cache", "trainer.max_steps": 60}
    options |= {"trainer.val_check_interval": 20, "checkpoint_minutes": 0.01}
    return _verb("train", *(f"--{name}={value}" for name, value in options.items()))


WORKS = (
    Work(
        "zoom",
        _write_pictures,
        lambda source, output: _verb("zoom", source, "-o", output, "--backend", "onnxruntime"),
        ["--resume"],
        ["*.jpg"],
    ),
    Work(
        "prepare",
        lambda folder: write_card(folder, scenes=2, focal_lengths=(24.0, 50.0)),
        lambda source, output: _verb("prepare", source, "-o", output, "--scale", 2, "--workers", 2),
        [],
        ["manifest.jsonl", "pairs/*/*.png"],
    ),
    Work("train", _write_small_photos, _train, ["--resume"], ["weights.safetensors"]),
    Work(
        "learn",
        write_pairs,
        lambda source, output: ["-c", _LEARN, str(source), str(output)],
        [],
        ["**/weights.safetensors"],
    ),
)


class Victim:
    """A work, its input, and what it gives when nobody disturbs it."""

    def __init__(self, work: Work, folder: Path) -> None:
        self.work, self.folder = work, folder
        self.source = folder / "source"
        work.prepare(self.source)
        began = time.monotonic()
        self._finish(work.first(self.source, self._output()))
        self.seconds = time.monotonic() - began
        self.expected = self._results()
        assert self.expected, f"{work.name} gives nothing"

    def kill(self, random: Random) -> str:
        """Kill it once at a random moment and let it go on; returns what is wrong then, or nothing."""
        shutil.rmtree(self._output().parent)
        moment = random.uniform(0, self.seconds)
        process = self._start(self.work.first(self.source, self._output()))
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        again = self._start([*self.work.first(self.source, self._output()), *self.work.again])
        printed, _ = again.communicate(timeout=_PATIENCE)
        if again.returncode and b"no checkpoint to resume" in printed:  # it was killed before the first one
            again = self._start([*self.work.first(self.source, self._output()), "--overwrite"])
            printed, _ = again.communicate(timeout=_PATIENCE)
        where = f"killed after {moment:.2f} s: "
        if again.returncode or b"Traceback" in printed:
            return f"{where}exit code {again.returncode}: {printed.decode(errors='replace')[-300:]}"
        found = self._results()
        if found != self.expected:
            return f"{where}other results: {sorted(set(found.items()) ^ set(self.expected.items()))}"
        hidden = [*self._output().rglob(".*"), *self._output().parent.rglob(".opticalzoom-*")]
        return f"{where}left {hidden}" if hidden else ""

    def _output(self) -> Path:
        return self.folder / "work" / "output"

    def _results(self) -> dict[str, str]:
        output = self._output()
        files = [path for pattern in self.work.results for path in output.glob(pattern)]
        return {str(path.relative_to(output)): hashlib.sha256(_content(path)).hexdigest() for path in files}

    def _start(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        self._output().parent.mkdir(exist_ok=True)
        home = self._output().parent / "home"
        own = {"HOME": str(home), "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])}
        line = [sys.executable, *words]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(line, env={**os.environ, **own}, start_new_session=True, **streams)

    def _finish(self, words: Sequence[str]) -> None:
        process = self._start(words)
        printed, _ = process.communicate(timeout=_PATIENCE)
        assert process.returncode == 0, printed.decode(errors="replace")[-2000:]


def _content(path: Path) -> bytes:
    """The bytes of a file; of weights the tensors, as the card beside them says when they were learned."""
    if path.suffix != ".safetensors":
        return path.read_bytes()
    return b"".join(name.encode() + tensor.tobytes() for name, tensor in sorted(load_file(path).items()))
