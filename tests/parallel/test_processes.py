"""Tasks in processes of their own: how they end, and what they leave."""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from opticalzoom.errors import ConfigError
from opticalzoom.parallel import processes
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


def meet(pipe, mode):
    """Opening either end of a named pipe lasts until another process opens the other end."""
    signal.alarm(60)  # alone it would wait for ever
    with open(pipe, mode):  # noqa: PTH123 - a mode is what the test is about
        return 0


def ignore_sigint():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("ignoring", flush=True)
    signal.pause()


def import_slowly(pressed):
    """What is called while a task is being unpickled; it ends when Ctrl-C has been pressed once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a process that a script's & has started
    Path(pressed).with_name("importing").touch()
    while not Path(pressed).exists():
        time.sleep(0.01)
    signal.alarm(60)  # which ends a task whose Ctrl-C was lost
    return wait_for_ever


class SlowImport:
    """Work whose unpickling takes until ``pressed`` is there."""

    def __init__(self, pressed):
        self.pressed = pressed

    def __reduce__(self):
        return import_slowly, (self.pressed,)


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


def test_tasks_run_at_the_same_time(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found = ends(tmp_path, reader=partial(meet, pipe, "rb"), writer=partial(meet, pipe, "wb"))
    assert {name: code for name, (code, _) in found.items()} == {"reader": 0, "writer": 0}


def test_ctrl_c_that_comes_while_a_task_imports_and_ignores_it_is_not_lost(tmp_path, monkeypatch):
    pressed, kill = tmp_path / "pressed", os.kill

    def press(process, number):
        while pressed.exists() and task.reason() != "waiting":  # the second time comes when the first was lost
            time.sleep(0.01)
        kill(process, number)
        pressed.touch()

    def interrupted(running):
        if (tmp_path / "importing").exists():
            raise KeyboardInterrupt

    monkeypatch.setattr(processes, "_PATIENCE", 0.5)
    monkeypatch.setattr(os, "kill", press)
    task = Task("slow", SlowImport(str(pressed)), tmp_path / "slow.txt")
    with pytest.raises(KeyboardInterrupt):
        list(run_tasks([task], 1, interrupted))
    assert task.reason() == "stopped"


def test_a_task_that_ignores_ctrl_c_is_ended(tmp_path, monkeypatch):
    task = Task("deaf", ignore_sigint, tmp_path / "deaf.txt")

    def interrupted(running):
        if running[0].reason() == "ignoring":
            raise KeyboardInterrupt

    monkeypatch.setattr(processes, "_PATIENCE", 0.01)
    with pytest.raises(KeyboardInterrupt):
        list(run_tasks([task], 1, interrupted))
    assert task.reason() == "ignoring"
