"""Progress that another process reads while a run writes it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from opticalzoom.evaluation.studies import pace
from opticalzoom.evaluation.studies.pace import Pace, Progress, read_progress


@pytest.mark.parametrize("content", [None, "", "{", '{"steps": 3'])
def test_what_is_not_there_or_half_written_is_no_progress(tmp_path, content):
    file = tmp_path / "pace.json"
    if content is not None:
        file.write_text(content)
    assert read_progress(file) == Progress(0, 0.0)


def test_the_median_of_all_steps_but_the_first_is_noted(tmp_path, monkeypatch):
    clock = iter([0.0, 9.0, 9.0, 10.0, 11.0, 11.0, 20.0, 25.0, 25.0, 30.0, 32.0, 32.0])  # begin, end, note of each step
    monkeypatch.setattr(pace.time, "perf_counter", lambda: next(clock, 40.0))
    note = Pace(str(tmp_path / "pace.json"))
    trainer = SimpleNamespace(is_global_zero=True, global_step=0)
    for step in range(1, 5):
        trainer.global_step = step
        note.on_train_batch_start(trainer, None)
        note.on_train_batch_end(trainer, None)
    note.on_train_end(trainer, None)
    assert read_progress(tmp_path / "pace.json") == Progress(4, 2.0)  # of 1, 5 and 2 seconds; the warm-up took 9


def test_other_processes_of_a_run_write_nothing(tmp_path):
    note = Pace(str(tmp_path / "pace.json"))
    note.on_train_end(SimpleNamespace(is_global_zero=False, global_step=3), None)
    assert not (tmp_path / "pace.json").exists()
