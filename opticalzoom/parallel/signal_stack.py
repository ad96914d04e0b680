"""The stack that a thread's signal handlers run on, when a library puts its own in its place and takes it away later.

OpenVINO gives the thread that starts it an alternate stack, as wide registers need a larger one, and frees it with its
last object. Where several were started, and not ended in the opposite order, the thread keeps one that is gone: then
Ctrl-C ends the process with a segmentation fault. Python's handlers need no alternate stack.
https://man7.org/linux/man-pages/man2/sigaltstack.2.html
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class SignalStack(ctypes.Structure):
    """Linux's ``stack_t``: where the stack begins, whether it is switched off, and how many bytes it has."""

    _fields_ = (("begin", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


def signal_stack() -> SignalStack:
    """This thread's alternate stack; one of no size where there is none, or on other systems than Linux."""
    found = SignalStack()
    if sys.platform == "linux":
        ctypes.CDLL(None).sigaltstack(None, ctypes.byref(found))
    return found


@contextmanager
def signal_stack_kept() -> Iterator[None]:
    """This thread has the same alternate stack after the block as before."""
    before = signal_stack()
    try:
        yield
    finally:
        if sys.platform == "linux":
            ctypes.CDLL(None).sigaltstack(ctypes.byref(before), None)
