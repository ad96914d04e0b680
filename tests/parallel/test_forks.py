"""Forked processes: what they cannot do is refused, where it would wait for ever."""

from __future__ import annotations

import os

import pytest

from opticalzoom.errors import OpticalZoomError
from opticalzoom.parallel.forks import begin_threads


def answer(library: str) -> str:
    try:
        begin_threads(library)
    except OpticalZoomError as error:
        return str(error)
    return "may go on"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork")
def test_a_forked_process_may_use_what_its_parent_had_not():
    begin_threads("libone")
    read, write = os.pipe()
    if os.fork() == 0:
        os.write(write, f"{answer('libone')}\n{answer('libtwo')}\n{answer('libtwo')}".encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        first, *others = file.read().splitlines()
    os.wait()
    assert first.startswith("this process was forked from one that had used libone, whose threads it lacks.")
    assert others == ["may go on"] * 2
    assert answer("libone") == "may go on"
