"""Jobs in processes of their own, a few at a time: each can be stopped, can fail alone, and starts without imports."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread

import cv2
import torch

from opticalzoom.errors import OpticalZoomError
from opticalzoom.parallel.schedule import end_with_parent

_PRELOADED = ["opticalzoom.training.runs", "opticalzoom.evaluation.studies.work"]


@dataclass(frozen=True)
class Job:
    """Something to do.

    Attributes:
        name: of it.
        work: importable function without arguments (a ``partial``); its result is the exit code, 130 after Ctrl-C.
        log: file for all that it prints, appended to.
    """

    name: str
    work: Callable[[], int]
    log: Path

    def reason(self) -> str:
        """The last thing that it said: why it failed."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1].strip() if lines else "its process died"


def run_jobs(jobs: Sequence[Job], at_once: int, watch: Callable[[Sequence[Job]], None]) -> Iterator[tuple[Job, int]]:
    """Jobs and their exit codes as they end.

    Args:
        jobs: in the order in which they begin.
        at_once: how many run at the same time; they share the threads of the processor.
        watch: called about twice a second with the jobs that are running.

    Raises:
        KeyboardInterrupt: after Ctrl-C, when all that were running have stopped; a second one ends them at once.
    """
    context = _context()
    waiting, running = list(jobs), {}  # type: list[Job], dict[BaseProcess, Job]
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                job = waiting.pop(0)
                process = context.Process(target=_run, args=(job, at_once))  # type: ignore[attr-defined]
                process.start()
                running[process] = job
            wait([process.sentinel for process in running], timeout=0.5)
            for process in [process for process in running if not process.is_alive()]:
                yield running.pop(process), process.exitcode or 0
            watch(list(running.values()))
    except (KeyboardInterrupt, GeneratorExit):  # the latter if Ctrl-C comes between two results
        _stop(list(running))
        raise
    finally:
        for process in running:
            process.terminate()


def _context() -> BaseContext:
    """Processes forked from one that has imported everything, where the system can; new ones elsewhere."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _stop(processes: list[BaseProcess]) -> None:
    """What Ctrl-C does to each of them, and wait."""
    for process in processes:
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGINT)
    for process in processes:
        process.join()


def _run(job: Job, at_once: int) -> None:
    """In the process."""
    os.setsid()  # the terminal's Ctrl-C is the parent's, who passes it on once
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are born deaf to it
    Thread(target=end_with_parent, daemon=True).start()
    job.log.parent.mkdir(parents=True, exist_ok=True)
    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    threads = max(1, torch.get_num_threads() // at_once)
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    try:
        sys.exit(job.work())
    except OpticalZoomError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
