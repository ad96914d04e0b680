"""The same work in this machine's processes or on a Dask cluster: a function of one argument, results as they come.

A job whose process dies is tried again elsewhere; if that one dies too, the job gets the result of ``lost``.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from typing import TypeVar

import cv2

from opticalzoom.errors import ConfigError, DependencyError

Job = TypeVar("Job")
Result = TypeVar("Result")

_CONNECT_SECONDS = 10
_RETRIES = 3


def run_here(
    function: Callable[[Job], Result], jobs: Iterable[Job], workers: int, lost: Callable[[Job], Result]
) -> Iterator[Result]:
    """Results of ``function`` for every job, in ``workers`` processes, as they are done.

    Args:
        function: importable by name.
        jobs: picklable.
        workers: how many processes, at least 1.
        lost: makes the result of a job whose process died although no other job ran beside it, as for lack of memory.

    Raises:
        ConfigError: ``workers`` is below 1.
        Exception: what ``function`` raises; other jobs are dropped, also those that have begun.
    """
    if workers < 1:
        raise ConfigError(f"the number of workers is {workers}, expected at least 1.")
    waiting = list(jobs)
    while waiting:
        suspects, waiting = yield from _run_pool(function, waiting, workers)
        for job in suspects:  # one of them took the others with it: each alone
            died, _ = yield from _run_pool(function, [job], 1)
            if died:
                yield lost(job)


def _run_pool(
    function: Callable[[Job], Result], jobs: list[Job], workers: int
) -> Generator[Result, None, tuple[list[Job], list[Job]]]:
    """Yields results; returns, if a process died, the jobs that were running then and those that had not begun."""
    waiting = list(reversed(jobs))
    others = set(active_children())
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin)  # fork and OpenCV's threads do not go together
    running: dict[Future[Result], Job] = {}
    try:
        while waiting or running:
            while waiting and len(running) < 2 * workers:
                job = waiting.pop()
                with _deaf_to_ctrl_c():
                    running[pool.submit(_run_one, function, job)] = job
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
                del running[future]
    except BrokenProcessPool:
        return list(running.values()), waiting[::-1]
    except BaseException:  # Ctrl-C, an error, or nobody wants the other results: they may take minutes
        for process in set(active_children()) - others:
            process.terminate()
        raise
    finally:
        for future in running:
            future.cancel()
        pool.shutdown(wait=True, cancel_futures=True)
    return [], []


def _run_one(function: Callable[[Job], Result], job: Job) -> Result:
    """Run a job. A process that is terminated while it works removes its unfinished files; between jobs it ends."""
    try:
        signal.signal(signal.SIGTERM, _leave)
        try:
            return function(job)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
    except SystemExit:
        os._exit(1)  # the pool would take it for a result, and wait for a lock to send it


def _leave(*_: object) -> None:
    sys.exit(1)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that are started in this block ignore Ctrl-C from their first moment, before :func:`_begin` runs."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """What every process does first: it leaves Ctrl-C to its parent, and computes with one thread beside the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """Wait until the parent has ended, then end this process at once.

    Processes of a parent that was killed would otherwise wait for work for ever.
    """
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def run_on_cluster(
    function: Callable[[Job], Result], jobs: Iterable[Job], address: str, lost: Callable[[Job], Result]
) -> Iterator[Result]:
    """As :func:`run_here`, on the workers of a Dask scheduler, which must see the same files under the same names.

    Args:
        function: importable by name on the workers.
        jobs: picklable.
        address: of the scheduler, as ``tcp://10.0.0.1:8786``.
        lost: makes the result of a job with which several workers died.

    Raises:
        DependencyError: Dask is not installed.
        ConfigError: no scheduler answers, or it has gone.
        Exception: what ``function`` raises; jobs that have not begun are cancelled.
    """
    try:
        from distributed import CancelledError, Client, KilledWorker, as_completed  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DependencyError(
            "--scheduler needs Dask.", remedy='Install it with: pip install "opticalzoom[cluster]"'
        ) from error
    try:
        client = Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ConfigError(
            "no Dask scheduler answers.",
            path=address,
            remedy="Start one with: dask scheduler; and dask worker ADDRESS.",
        ) from error
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # it logs tracebacks when a scheduler has gone
    with client:
        futures = {client.submit(function, job, pure=False, retries=_RETRIES): job for job in jobs}
        try:
            for future in as_completed(list(futures)):
                try:
                    yield future.result()
                except KilledWorker:
                    yield lost(futures[future])
                except CancelledError as error:
                    raise ConfigError(
                        "the Dask scheduler has gone.",
                        path=address,
                        remedy="Start it again; what is finished is kept, and the same command goes on.",
                    ) from error
                del futures[future]
        finally:
            client.cancel(list(futures))
