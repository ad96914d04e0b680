"""The progress bar of all long work: what it is about, how much is done, the time it took and the time that is left."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

T = TypeVar("T")

_SPEED_SECONDS = 1200
"""The time left is estimated from what was done in these last seconds: a single item may take minutes."""


def progress_bar(console: Console, *, counted: bool = True) -> Progress:
    """A bar that vanishes when its ``with`` block ends, and that files and pipes never see.

    Descriptions are shown as they are: brackets in the name of a file are no markup.

    Args:
        console: where it is drawn.
        counted: whether done and total are shown, as ``3/12``; no use where the unit is pixels.
    """
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *([MofNCompleteColumn()] if counted else []),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        speed_estimate_period=_SPEED_SECONDS,
    )


def tracked(items: Iterable[T], description: str, console: Console, total: int | None = None) -> Iterator[T]:
    """The same items, with a bar that moves on when the next one is asked for.

    Args:
        items: any number.
        description: what is done with them, as ``"Scoring"``.
        console: for the bar.
        total: how many there are, where ``items`` has no length.
    """
    length = len(items) if total is None and isinstance(items, Collection) else total
    with progress_bar(console) as bar:
        yield from bar.track(items, total=length, description=description)
