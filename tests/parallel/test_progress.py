"""The progress bar of long work."""

from __future__ import annotations

import io

from rich.console import Console

from opticalzoom.parallel.progress import progress_bar, tracked


def test_items_come_through_and_a_file_sees_no_bar():
    file = io.StringIO()
    assert list(tracked(iter("abc"), "Reading", Console(file=file), total=3)) == ["a", "b", "c"]
    assert file.getvalue() == ""


def test_a_terminal_sees_what_is_done_and_brackets_as_they_are():
    file = io.StringIO()
    with progress_bar(Console(file=file, force_terminal=True, width=100)) as bar:
        bar.add_task("[red]a.jpg", total=12, completed=3)
        bar.refresh()
    assert "[red]a.jpg" in file.getvalue()
    assert "3/12" in file.getvalue()
