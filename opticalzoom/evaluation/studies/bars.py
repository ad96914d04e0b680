"""Progress of several runs at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import TaskID

from opticalzoom.evaluation.studies.pace import read_progress
from opticalzoom.parallel.progress import progress_bar

Watch = Callable[[dict[str, Path | None]], None]
"""Called with what is running: name -> file of its pace, if it trains."""


@contextmanager
def bars(console: Console, jobs: int, steps: int) -> Iterator[tuple[Watch, Callable[[], None]]]:
    """Progress of all jobs and of those that are running: a function to update it and one for a finished job."""
    with progress_bar(console) as shown:
        everything = shown.add_task("rows", total=jobs)
        tasks: dict[str, TaskID] = {}

        def watch(running: dict[str, Path | None]) -> None:
            for name in tasks.keys() - running.keys():
                shown.remove_task(tasks.pop(name))
            for name, pace in running.items():
                if name not in tasks:
                    tasks[name] = shown.add_task(name, total=steps)
                if pace is not None:
                    shown.update(tasks[name], completed=read_progress(pace).steps)

        yield watch, lambda: shown.advance(everything)
