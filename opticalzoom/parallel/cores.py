"""How many processor cores the libraries that compute should use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLE = "OMP_NUM_THREADS"


def cores() -> int:
    """How many threads to compute with: as many as PyTorch has where it is loaded, so that all engines have the same.

    Without it those of the environment variable ``OMP_NUM_THREADS``, or as many as this process may run on.
    """
    pytorch = sys.modules.get("torch")
    if pytorch is not None:
        return int(pytorch.get_num_threads())
    wanted = os.environ.get(_VARIABLE, "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def cores_kept() -> Iterator[None]:
    """Compute at the end with as many threads as at the beginning, whatever was set in between."""
    before, wanted = cores(), os.environ.get(_VARIABLE)
    try:
        yield
    finally:
        limit_cores(before)
        if wanted is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = wanted


def limit_cores(count: int) -> None:
    """Have this process compute with so many threads, whichever library it is that computes."""
    os.environ[_VARIABLE] = str(count)  # for what is yet to be imported
    pytorch = sys.modules.get("torch")
    if pytorch is not None:
        pytorch.set_num_threads(count)
