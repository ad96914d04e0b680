"""The progress bar of long work."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from opticalzoom.parallel import progress as module
from opticalzoom.parallel.progress import progress_bar, tracked


def test_items_come_through_and_a_file_sees_no_bar():
    file = io.StringIO()
    assert list(tracked(iter("abc"), "Reading", Console(file=file), total=3)) == ["a", "b", "c"]
    assert file.getvalue() == ""


@pytest.mark.parametrize(("items", "given"), [("abc", None), ((letter for letter in "abc"), 3)])
def test_the_bar_knows_how_many_there_are(monkeypatch, items, given):
    bar = Progress(disable=True)
    monkeypatch.setattr(module, "progress_bar", lambda console: bar)
    assert list(tracked(items, "Reading", Console(file=io.StringIO()), given)) == ["a", "b", "c"]
    assert [(task.total, task.description) for task in bar.tasks] == [(3, "Reading")]


def test_a_terminal_sees_what_is_done_and_brackets_as_they_are():
    file = io.StringIO()
    with progress_bar(Console(file=file, force_terminal=True, width=100)) as bar:
        bar.add_task("[red]a.jpg", total=12, completed=3)
        bar.refresh()
    assert "[red]a.jpg" in file.getvalue()
    assert "3/12" in file.getvalue()
