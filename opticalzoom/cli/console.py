"""What the verbs print: results on standard output, problems on standard error, and progress where someone looks.

Rich, which draws colours and bars, is imported with the first line: ``--help`` does without it.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from opticalzoom.errors import OpticalZoomError, visible

if TYPE_CHECKING:
    from rich.console import Console

Result = TypeVar("Result")


@cache
def results_console() -> Console:
    """Standard output: what the user asked for, and progress."""
    from rich.console import Console

    return Console()


@cache
def problems_console() -> Console:
    """Standard error: what could not be done."""
    from rich.console import Console

    return Console(stderr=True)


def say(text: str) -> None:
    """Print one line of results, of any length, as it is but for what :func:`~opticalzoom.errors.visible` shows.

    Raises:
        OpticalZoomError: standard output cannot be written to, as on a full disk.
        SystemExit: nobody reads it any more.
    """
    _print(results_console(), text)


def say_plainly(text: str) -> None:
    """Print lines of ours, without Rich, which would take longer than they do.

    Raises:
        OpticalZoomError: standard output cannot be written to.
        SystemExit: nobody reads it any more.
    """
    try:
        print(text, flush=True)
    except OSError as error:
        raise _lost_output(error) from error


def remark(text: str) -> None:
    """Print one line on standard error about what is no result and no problem, as where a run can be found."""
    _print(problems_console(), text)


def complain(text: str) -> None:
    """Print one line about a problem on standard error, in yellow on a terminal."""
    _print(problems_console(), text, "yellow")


def lament(text: str) -> None:
    """Print the last line, on standard error, without Rich; if even that cannot be written, the exit code is all."""
    with suppress(OSError):
        print(visible(text), file=sys.stderr, flush=True)


def watch(
    work: Iterable[Result], total: int, describe: Callable[[int, Result], str], title: str = ""
) -> Iterator[Result]:
    """The results as they come, with a bar on a terminal that vanishes at the end.

    Args:
        work: yields a result for each of ``total`` parts.
        total: number of parts.
        describe: (parts that are done, the last result) -> words beside the bar.
        title: the words before the first result.
    """
    from opticalzoom.parallel.progress import progress_bar

    with progress_bar(results_console()) as bar:
        task = bar.add_task(title, total=total)
        for done, result in enumerate(work, start=1):
            bar.update(task, completed=done, description=visible(describe(done, result)))
            yield result


def accept_all_characters() -> None:
    """Print a question mark for what the encoding of standard output lacks, as "→" in cp1252, instead of failing.

    Where an output was closed before the program began, as by ``>&-``, what is printed goes nowhere.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def flush_results() -> None:
    """Write what standard output still holds back.

    Raises:
        OpticalZoomError: it cannot be written to.
        SystemExit: nobody reads it any more.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        raise _lost_output(error) from error


def _print(console: Console, text: str, style: str | None = None) -> None:
    try:
        console.print(visible(text), style=style, markup=False, highlight=False, soft_wrap=True)
    except OSError as error:
        raise _lost_output(error) from error


def _lost_output(error: OSError) -> Exception | SystemExit:
    """What follows from an output that cannot be written; nothing is printed to it any more."""
    with suppress(OSError, ValueError):  # Python flushes it again at its end, and would complain again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        return SystemExit(1)  # as Rich does
    return OpticalZoomError(f"what was to be printed cannot be written: {error.strerror}.")
