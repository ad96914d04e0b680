"""Work that overlaps: the next item is made while the one before is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

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
    pool = ThreadPoolExecutor(1)
    try:
        ready: deque[Future] = deque(pool.submit(next, source, _END) for _ in range(most))
        while (item := ready.popleft().result()) is not _END:
            ready.append(pool.submit(next, source, _END))
            yield item
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        if isinstance(source, Generator):
            source.close()
