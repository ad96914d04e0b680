"""How many threads engines have, with PyTorch loaded and without."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from opticalzoom.parallel.cores import cores, cores_kept, limit_cores

ALONE = "import sys; sys.modules.pop('torch', None); from opticalzoom.parallel.cores import *; {}; print(cores())"


def alone(statement: str = "", **variables: str) -> int:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"} | variables
    code = ALONE.format(statement or "pass")
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_as_many_as_pytorch_has():
    assert cores() == torch.get_num_threads() == 1  # conftest.py says so


def test_as_many_as_this_process_may_use_without_pytorch():
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert alone() == able
    assert alone(OMP_NUM_THREADS="3") == 3
    assert alone(OMP_NUM_THREADS="many") == able


def test_a_limit_holds_with_pytorch_and_without(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert alone("limit_cores(5)") == 5
    try:
        limit_cores(2)
        assert torch.get_num_threads() == cores() == 2
    finally:
        torch.set_num_threads(1)


@pytest.mark.parametrize("wanted", [None, "3"])
def test_what_was_set_in_between_does_not_last(wanted, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if wanted:
        monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    with cores_kept():
        limit_cores(2)
        assert cores() == 2
    assert cores() == torch.get_num_threads() == 1
    assert os.environ.get("OMP_NUM_THREADS") == wanted
