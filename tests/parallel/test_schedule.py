"""Jobs in processes and on a real Dask cluster, with processes that die."""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from opticalzoom.errors import ConfigError, DependencyError, PairError
from opticalzoom.files import atomic_path
from opticalzoom.parallel import schedule


def double(job: int) -> int:
    return 2 * job


def slow_note(job: tuple[int, str]) -> int:
    """Leaves a file named for the job and the process, and takes its time."""
    number, folder = job
    Path(folder, f"{number}-{os.getpid()}").touch()
    time.sleep(0.15)
    return number


def write_slowly(job: tuple[int, str]) -> int:
    """Job 0 is quick, the others are in the middle of writing for a minute."""
    number, folder = job
    with atomic_path(Path(folder, f"{number}.txt")) as temporary:
        temporary.write_text("half")
        time.sleep(60 if number else 1)
    return number


def die_if_three(job: int) -> int:
    if job == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return job


def refuse(job: int) -> int:
    raise PairError(f"no {job}", path="/some/where", remedy="Mend it.")


def lost(job: object) -> int:
    return -1


def test_every_job_is_done_once():
    assert sorted(schedule.run_here(double, range(20), 2, lost)) == list(range(0, 40, 2))


def test_a_job_that_kills_its_process_is_lost_alone():
    results = list(schedule.run_here(die_if_three, range(12), 2, lost))
    assert sorted(results) == sorted([-1, *(n for n in range(12) if n != 3)])


def test_errors_end_the_work():
    with pytest.raises(PairError, match=r"/some/where: no 0 Mend it\."):
        list(schedule.run_here(refuse, [0], 1, lost))


def test_whoever_wants_no_more_waits_for_nothing(tmp_path):
    results = schedule.run_here(write_slowly, [(number, str(tmp_path)) for number in range(5)], 2, lost)
    assert next(results) == 0
    begun = time.monotonic()
    results.close()  # as Ctrl-C does
    assert time.monotonic() - begun < 30
    assert [path.name for path in tmp_path.iterdir()] == ["0.txt"]


def test_processes_that_are_just_handing_over_results_end_too():
    for wanted in (1, 200):
        results = schedule.run_here(double, range(100_000), 2, lost)
        assert len([next(results) for _ in range(wanted)]) == wanted
        results.close()


def test_some_workers_are_needed():
    with pytest.raises(ConfigError, match="at least 1"):
        list(schedule.run_here(double, [1], 0, lost))


def test_a_scheduler_that_does_not_answer(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(schedule, "_CONNECT_SECONDS", 1)
    with pytest.raises(ConfigError, match="no Dask scheduler answers"):
        list(schedule.run_on_cluster(double, [1], "tcp://127.0.0.1:9", lost))


def test_a_scheduler_that_has_gone_is_one_sentence(monkeypatch):
    distributed = pytest.importorskip("distributed")
    gone = Future()
    gone.cancel()
    client = MagicMock(spec=distributed.Client)
    client.submit.return_value = gone
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: client)
    monkeypatch.setattr(distributed, "as_completed", iter)
    with pytest.raises(ConfigError, match="the Dask scheduler has gone"):
        list(schedule.run_on_cluster(double, [1], "tcp://127.0.0.1:9", lost))


def test_without_dask_the_command_to_install_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DependencyError, match="pip install"):
        list(schedule.run_on_cluster(double, [1], "tcp://127.0.0.1:9", lost))


def test_nothing_is_lost_or_doubled_when_a_worker_is_killed(cluster, tmp_path):
    address, workers = cluster
    notes = tmp_path / "notes"
    notes.mkdir()

    def at_work() -> int:
        return len({note.name.split("-")[1] for note in notes.iterdir()})

    results = []
    killed = False
    for result in schedule.run_on_cluster(slow_note, [(n, str(notes)) for n in range(24)], address, lost):
        results.append(result)
        if at_work() == 2 and not killed:
            workers[0].kill()
            killed = True
    assert killed
    assert sorted(results) == list(range(24))
