"""Tasks in processes of their own: how they end, and what they leave."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial

import pytest

from opticalzoom.errors import ConfigError
from opticalzoom.parallel.processes import Task, run_tasks

if sys.platform == "win32":
    pytest.skip("signals are of Unix", allow_module_level=True)


def leave(code):
    print(f"beginning\nleaving with {code}")
    return code


def refuse():
    raise ConfigError("cannot be done", remedy="Do something else.")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for_ever():
    print("waiting", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("stopped", flush=True)
        raise


def ends(tmp_path, at_once=2, **works):
    tasks = [Task(name, work, tmp_path / f"{name}.txt") for name, work in works.items()]
    return {task.name: (code, task.reason()) for task, code in run_tasks(tasks, at_once)}


def test_codes_and_last_words(tmp_path):
    found = ends(tmp_path, good=partial(leave, 0), bad=partial(leave, 3), refused=refuse, killed=die)
    assert found["good"] == (0, "leaving with 0")
    assert found["bad"] == (3, "leaving with 3")
    assert found["refused"] == (2, "cannot be done Do something else.")
    assert found["killed"] == (-signal.SIGKILL, "its process died")


def test_ctrl_c_stops_what_runs_and_begins_nothing_more(tmp_path):
    def interrupted(running):
        if running[0].reason() == "waiting":
            raise KeyboardInterrupt

    tasks = [Task(name, wait_for_ever, tmp_path / f"{name}.txt") for name in ("first", "second")]
    with pytest.raises(KeyboardInterrupt):
        list(run_tasks(tasks, 1, interrupted))
    assert tasks[0].reason() == "stopped"
    assert not (tmp_path / "second.txt").exists()
