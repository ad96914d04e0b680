"""Ctrl-C waits for the step under way; a second one does not."""

from __future__ import annotations

import signal
import threading

import pytest

from opticalzoom.parallel.interruption import deferred_interrupt


def test_the_first_is_noted_and_the_second_interrupts():
    before = signal.getsignal(signal.SIGINT)
    with deferred_interrupt() as stopped:
        assert not stopped()
        signal.raise_signal(signal.SIGINT)
        assert stopped()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_gets_no_signals():
    found: list[bool] = []

    def work() -> None:
        with deferred_interrupt() as stopped:
            found.append(stopped())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]
