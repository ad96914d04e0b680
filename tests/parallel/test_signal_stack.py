"""Signal handlers keep their stack, whatever a library puts in its place."""

from __future__ import annotations

import ctypes
import gc
import sys

import pytest
from exports import exported

from opticalzoom.engines.runtimes import OpenVinoEngine
from opticalzoom.parallel.signal_stack import SignalStack, signal_stack, signal_stack_kept

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have another stack_t")


def told(stack):
    return stack.begin, stack.flags, stack.size


def test_a_stack_that_a_block_puts_in_place_is_gone_after_it():
    before, memory = signal_stack(), ctypes.create_string_buffer(2**16)
    with signal_stack_kept():
        own = SignalStack(ctypes.addressof(memory), 0, len(memory))
        ctypes.CDLL(None).sigaltstack(ctypes.byref(own), None)
        assert signal_stack().begin == ctypes.addressof(memory)
    assert told(signal_stack()) == told(before)


def test_openvino_leaves_none_behind_in_whatever_order_it_ends():
    pytest.importorskip("openvino")
    before = signal_stack()
    first, second = OpenVinoEngine(exported()), OpenVinoEngine(exported())
    assert told(signal_stack()) == told(before)
    del first
    gc.collect()
    del second
    gc.collect()
    assert told(signal_stack()) == told(before)
