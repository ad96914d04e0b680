"""What is printed: lines as they are, characters that a terminal obeys made visible, and outputs that fail."""

from __future__ import annotations

import io
import os
import sys

import pytest

from opticalzoom.cli import console
from opticalzoom.cli.console import accept_all_characters, complain, flush_results, say, watch
from opticalzoom.errors import OpticalZoomError


def test_lines_are_neither_wrapped_nor_interpreted(capsys):
    line = "[red]a[/red] " + "very " * 100 + "long 123 'quoted' /path:1"
    say(line)
    complain(line)
    assert capsys.readouterr() == (f"{line}\n", f"{line}\n")


def test_names_of_files_move_no_cursor(capsys):
    say("a\x1b[2J\r\nb.jpg → c.jpg")
    say(os.fsdecode(b"\xff.jpg"))
    assert capsys.readouterr().out == "a\\x1b[2J\\r\\nb.jpg → c.jpg\n?.jpg\n"


@pytest.mark.parametrize(("encoding", "expected"), [("cp1252", "ü ? b"), ("ascii", "? ? b"), ("utf-8", "ü → b")])
def test_an_encoding_that_lacks_a_character(monkeypatch, encoding, expected):
    file = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(file, encoding=encoding))
        accept_all_characters()
        say("ü → b")
        flush_results()
        assert file.getvalue().decode(encoding) == f"{expected}\n"


@pytest.fixture
def forgetful():
    """Rich keeps what could not be written, and tries again: not in the tests that follow."""
    yield
    console.results_console.cache_clear()


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")

    flush = write  # type: ignore[assignment]


def test_a_full_disk_is_an_error_of_the_users(monkeypatch, forgetful):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Full())
        with pytest.raises(OpticalZoomError, match="cannot be written: No space left on device"):
            say("hello")


def test_results_pass_the_bar_in_their_order(capsys):
    described = []

    def describe(done: int, result: str) -> str:
        described.append((done, result))
        return result

    assert list(watch(iter("abc"), 3, describe)) == ["a", "b", "c"]
    assert described == [(1, "a"), (2, "b"), (3, "c")]
    assert capsys.readouterr().out.strip() == ""
