"""Libraries whose threads a forked process lacks: it would wait for them for ever, so it is told to be started anew.

A fork copies the memory of a process and one of its threads. https://docs.python.org/3/library/os.html#os.fork
"""

from __future__ import annotations

import os

from opticalzoom.errors import OpticalZoomError

_begun: set[str] = set()
_lost: set[str] = set()


def begin_threads(library: str) -> None:
    """Say that this process uses the threads of a library from now on.

    Raises:
        OpticalZoomError: this process was forked from one that used them before.
    """
    if library in _lost:
        raise OpticalZoomError(
            f"this process was forked from one that had used {library}, whose threads it lacks.",
            remedy="Start processes with multiprocessing.get_context('spawn'), or fork before the first photo.",
        )
    _begun.add(library)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _lost.update(_begun))
