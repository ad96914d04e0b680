"""Tasks in processes of their own, a few at a time: each can be stopped and can fail alone, and writes its own log."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread

import cv2

from opticalzoom.errors import OpticalZoomError
from opticalzoom.parallel.schedule import end_with_parent

_INTERRUPTS, _PATIENCE = 12, 5.0
"""How often a process is interrupted before it is terminated, and seconds that it has to end after each time."""


@dataclass(frozen=True)
class Task:
    """Work for a process of its own.

    Attributes:
        name: what it is called in messages; unique among the tasks that run together.
        work: importable function without arguments (a ``partial``); its result is the exit code, 130 after Ctrl-C.
        log: the file that everything it prints is appended to.
    """

    name: str
    work: Callable[[], int]
    log: Path

    def reason(self) -> str:
        """Why it failed: the last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1].strip() if lines else "its process died"


def run_tasks(
    tasks: Sequence[Task],
    at_once: int,
    watch: Callable[[Sequence[Task]], None] = lambda running: None,
    preloaded: Sequence[str] = (),
) -> Iterator[tuple[Task, int]]:
    """Tasks and their exit codes as they end; a task that a signal ended has the signal's number, negative.

    Args:
        tasks: in the order in which they begin.
        at_once: how many run at the same time; they share the threads of the processor.
        watch: called about twice a second with the tasks that are running.
        preloaded: names of modules that are imported once for all tasks, where the system can fork.

    Raises:
        KeyboardInterrupt: after Ctrl-C, when all that were running have stopped; a second one ends them at once.
    """
    context = _context(preloaded)
    waiting = list(tasks)
    running: dict[BaseProcess, Task] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                task = waiting.pop(0)
                process = context.Process(target=_run, args=(task, at_once))  # type: ignore[attr-defined]
                process.start()
                running[process] = task
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


def _context(preloaded: Sequence[str]) -> BaseContext:
    """How processes are started: forked from one that has imported the modules, or new where the system cannot fork."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(list(preloaded))
    return context


def _stop(processes: list[BaseProcess]) -> None:
    """Interrupt each of them as Ctrl-C would, and wait until all have ended.

    A process that is still importing loses the interrupt if it was started with SIGINT ignored, as a script's ``&``
    does: so whatever has not ended is interrupted again, and terminated if even that has no effect.
    """
    for _ in range(_INTERRUPTS):
        for process in processes:
            with suppress(ProcessLookupError):  # it ended by itself just now
                if process.pid is not None and process.is_alive():
                    os.kill(process.pid, signal.SIGINT)
        for process in processes:
            process.join(_PATIENCE)
        if not any(process.is_alive() for process in processes):
            return
    for process in processes:
        process.terminate()
        process.join()


def _run(task: Task, at_once: int) -> None:
    """Do the task; runs in its process and ends it."""
    os.setsid()  # the terminal interrupts the parent alone, which passes it on
    Thread(target=end_with_parent, daemon=True).start()
    task.log.parent.mkdir(parents=True, exist_ok=True)
    log = os.open(task.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start background jobs with SIGINT ignored
        _share_threads(at_once)
        sys.exit(task.work())
    except OpticalZoomError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _share_threads(at_once: int) -> None:
    """Give OpenCV, and PyTorch where it is installed, this process's share of the threads of the processor."""
    threads = cv2.getNumThreads()
    with suppress(ImportError):
        import torch  # noqa: PLC0415 - an extra

        threads = torch.get_num_threads()
        torch.set_num_threads(max(1, threads // at_once))
    cv2.setNumThreads(max(1, threads // at_once))
