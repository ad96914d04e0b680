"""One line that says where, what and what to do."""

from __future__ import annotations

import doctest
import pickle
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom import errors
from opticalzoom.errors import OpticalZoomError, PairError, PhotoError, visible

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OpticalZoomError)]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "is empty."),
        ({"path": "a.jpg"}, "a.jpg: is empty."),
        ({"remedy": "Copy it again."}, "is empty. Copy it again."),
        ({"path": Path("a.jpg"), "remedy": "Copy it again."}, "a.jpg: is empty. Copy it again."),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_message_has_path_cause_and_remedy(kind, parts, message):
    error = kind("is empty.", **parts)
    assert str(error) == message
    assert (error.cause, error.path, error.remedy) == ("is empty.", parts.get("path"), parts.get("remedy"))


def test_a_path_is_added_where_there_is_none():
    error = PhotoError("is empty.", remedy="Copy it again.").about("a.jpg")
    assert type(error) is PhotoError
    assert str(error) == "a.jpg: is empty. Copy it again."
    assert str(error.about("b.jpg")) == str(error)


def test_the_message_comes_back_from_another_process():
    error = pickle.loads(pickle.dumps(PairError("is empty.", path="a", remedy="Copy it again.")))
    assert type(error) is PairError
    assert (error.cause, error.path, error.remedy) == ("is empty.", "a", "Copy it again.")
    assert str(error) == "a: is empty. Copy it again."


def test_the_examples_run():
    assert doctest.testmod(errors) == (0, 1)


@given(st.text())
def test_what_is_shown_neither_ends_the_line_nor_moves_the_cursor(text):
    shown = visible(text)
    assert not any(unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} for c in shown)
    assert len(shown.splitlines()) <= 1
    assert visible(shown) == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs", "M"])))
def test_text_stays_as_it_is(text):
    assert visible(text) == text


def test_a_direction_that_is_reversed_is_shown():
    assert visible("photo\u202egpj.exe") == "photo\\u202egpj.exe"
