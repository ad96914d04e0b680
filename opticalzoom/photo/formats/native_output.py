"""What C libraries print on standard error while they decode does not appear: our errors tell it in our words."""

from __future__ import annotations

import ctypes
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def silenced() -> Iterator[None]:
    """C libraries print nothing on their standard error in the block, whichever thread they run in.

    Nobody else is silenced: it is the C library's ``stderr`` that is exchanged and not the file descriptor, to which
    Python writes. Where ``stderr`` is no variable, as on other systems than Linux with glibc, they print.
    """
    switch = _switch()
    if switch:
        switch.change(1)
    try:
        yield
    finally:
        if switch:
            switch.change(-1)


class _Switch:
    """The C library's ``stderr``, and a file to put in its place that is never closed, as somebody may be writing."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        library.fopen.restype, library.fopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p] * 2
        self._stderr = ctypes.c_void_p.in_dll(library, "stderr")
        self._loud, self._silent = self._stderr.value, library.fopen(os.devnull.encode(), b"w")
        self._lock, self._blocks = threading.Lock(), 0

    def change(self, by: int) -> None:
        """Count the blocks that want silence."""
        with self._lock:
            self._blocks += by
            self._stderr.value = self._silent if self._blocks and self._silent else self._loud


@cache
def _switch() -> _Switch | None:
    return _Switch() if platform.libc_ver()[0] == "glibc" else None
