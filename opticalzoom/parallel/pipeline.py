"""Work that overlaps: the next items are made while the one before is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice, repeat, takewhile
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")
_END = object()


def ahead(items: Iterable[T], most: int = 1) -> Generator[T, None, None]:
    """The same items, made by a thread of their own while earlier ones are used.

    What goes wrong there is raised here. When this generator is closed, or Ctrl-C comes, the item under way is waited
    for and no further one is begun.

    Args:
        items: made one after the other.
        most: how many may be ready and waiting.
    """
    source = iter(items)
    try:
        with closing(at_once(lambda _: next(source, _END), repeat(None), 1, most)) as made:
            yield from takewhile(lambda item: item is not _END, made)
    finally:
        if isinstance(source, Generator):
            source.close()


def at_once(function: Callable[[S], T], items: Iterable[S], threads: int, most: int = 1) -> Generator[T, None, None]:
    """The function of each item, in order, computed by several threads while earlier results are used.

    Closing it, Ctrl-C and errors do what they do with :func:`ahead`. The items themselves are made by the thread that
    asks for the results.

    Args:
        function: may be called by several threads at once.
        items: one result each.
        threads: how many compute.
        most: how many results may be ready, waiting, or under way; all threads have work in any case.
    """
    source = iter(items)
    pool = ThreadPoolExecutor(threads)
    try:
        ready = deque(pool.submit(function, item) for item in islice(source, max(most, threads)))
        while ready:
            result = ready.popleft().result()
            ready.extend(pool.submit(function, item) for item in islice(source, 1))
            yield result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        if isinstance(source, Generator):
            source.close()
