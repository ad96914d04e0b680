"""What the bars of several runs count, while runs begin, go on and end."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console
from rich.progress import Progress

from opticalzoom.evaluation.studies import bars


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Progress:
    """The progress that the bars draw into."""
    progress = Progress(console=Console(file=io.StringIO()), auto_refresh=False)
    monkeypatch.setattr(bars, "progress_bar", lambda console: progress)
    return progress


def counted(progress: Progress) -> dict[str, tuple[float, float | None]]:
    """Name -> done and total."""
    return {task.description: (task.completed, task.total) for task in progress.tasks}


def test_running_rows_have_a_bar_with_their_steps_and_finished_ones_have_none(tmp_path, shown):
    pace = tmp_path / "pace.json"
    with bars.bars(shown.console, jobs=3, steps=120) as (watch, finished):
        assert counted(shown) == {"rows": (0, 3)}
        watch({"sdan-seed0": pace, "baselines-rgb": None})
        assert counted(shown) == {"rows": (0, 3), "sdan-seed0": (0, 120), "baselines-rgb": (0, 120)}
        pace.write_text(json.dumps({"steps": 30, "seconds": 0.5}))
        watch({"sdan-seed0": pace, "baselines-rgb": None})
        assert counted(shown)["sdan-seed0"] == (30, 120)
        finished()
        watch({"sdan-seed0": pace})
        assert counted(shown) == {"rows": (1, 3), "sdan-seed0": (30, 120)}
