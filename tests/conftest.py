"""What all tests share: one thread, as the tensors are tiny and the machine may be busy; and a cluster.

Several threads would only wait for each other.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest

from opticalzoom.engines import engine_cache
from opticalzoom.lenses.library import FOLDER_VARIABLE
from opticalzoom.parallel import faults
from opticalzoom.parallel.cores import limit_cores

with suppress(ModuleNotFoundError):  # the small installation has none
    import torch  # noqa: F401 - before the limit, which holds for it, too

limit_cores(1)

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def engines(tmp_path_factory, monkeypatch):
    """What was found fastest on this machine does not decide what tests compute in, and theirs is not remembered."""
    monkeypatch.setattr(engine_cache, "CACHE", tmp_path_factory.getbasetemp() / "engines")


@pytest.fixture(autouse=True)
def tracebacks(tmp_path_factory, monkeypatch):
    """The file that tracebacks of what nobody foresaw go to: never the user's."""
    monkeypatch.setattr(faults, "LOG", tmp_path_factory.getbasetemp() / "unforeseen.log")


@pytest.fixture(autouse=True)
def lens_library(tmp_path, monkeypatch):
    """An empty library of learned lenses of each test's own, whose folder isn't there yet: never the user's."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "user data" / "lenses"))
    return tmp_path / "user data" / "lenses"


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler and two workers, each a process of its own: (address, worker processes)."""
    distributed = pytest.importorskip("distributed")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    common = ["--scheduler-file", str(file)]
    processes = [
        subprocess.Popen(
            [*dask, "scheduler", *common, "--host", "127.0.0.1", "--port", "0", "--no-dashboard"], **options
        )
    ]
    for _ in range(2):
        worker = [*dask, "worker", *common, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory"]
        processes.append(subprocess.Popen([*worker, str(tmp_path)], **options))
    try:
        with distributed.Client(scheduler_file=str(file), timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
            address = client.scheduler.address
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def pytest_addoption(parser):
    """How much is tried by tests that draw at random."""
    parser.addoption("--fuzz", type=int, default=100, help="damaged files of each kind (default: 100)")
    parser.addoption("--fuzz-seed", type=int, default=0, help="which ones (default: 0)")
    parser.addoption("--kills", type=int, default=0, help="of each verb (default: one of the quick ones)")
