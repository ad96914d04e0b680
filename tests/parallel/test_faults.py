"""What is told of exceptions, whatever their class: a reason, the file, and where the traceback of a mistake is."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

import pytest

from opticalzoom.errors import OpticalZoomError, OutOfMemoryError, PhotoError, UnforeseenError
from opticalzoom.parallel import faults
from opticalzoom.parallel.faults import as_told


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setattr(faults, "LOG", tmp_path / "state" / "log")
    return tmp_path / "state" / "log"


def raised(error: Exception) -> Exception:
    """The same, with a traceback."""
    try:
        raise error
    except Exception as caught:
        return caught


def test_errors_of_ours_are_passed_on_and_get_the_file(log):
    error = PhotoError("is blue.", remedy="Paint it.")
    assert as_told(error) is error
    assert str(as_told(error, "a.jpg")) == "a.jpg: is blue. Paint it."
    assert type(as_told(error, "a.jpg")) is PhotoError
    assert str(as_told(PhotoError("is blue.", path="b.jpg"), "a.jpg")) == "b.jpg: is blue."
    assert not log.exists()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("Unable to allocate 7 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
        ValueError("std::bad_alloc"),
    ],
    ids=repr,
)
def test_a_lack_of_memory_says_so_whatever_the_class(error, log):
    told = as_told(error, "a.jpg")
    assert type(told) is OutOfMemoryError
    assert str(told).startswith("a.jpg: there is too little memory for it. ")
    assert not log.exists()


def test_what_the_system_refuses_is_told_in_its_words(log):
    told = as_told(OSError(errno.EIO, os.strerror(errno.EIO)), "a.jpg")
    assert str(told) == "a.jpg: Input/output error."
    assert str(as_told(PermissionError(errno.EACCES, "No", "b.jpg"), "a.jpg")) == "b.jpg: No."
    assert type(told) is OpticalZoomError
    assert not log.exists()


def test_text_in_another_encoding_says_so(log):
    told = as_told(raised(UnicodeDecodeError("utf-8", b"a\xff", 1, 2, "invalid start byte")), "a.yaml")
    assert str(told).startswith("a.yaml: text that is no UTF-8 (")
    assert not log.exists()


def test_a_mistake_of_ours_keeps_its_traceback_in_a_file_that_the_message_names(log):
    told = as_told(raised(struct.error("unpack requires\na buffer of 4 bytes")), "a.dng")
    assert type(told) is UnforeseenError
    assert str(told).startswith("a.dng: an unforeseen error (error: unpack requires a buffer of 4 bytes). ")
    assert str(told).endswith(str(log))
    as_told(raised(KeyError("\udcff")))
    text = log.read_text()
    assert text.count("Traceback (most recent call last)") == 2
    assert "raise error" in text
    assert "struct.error" in text


def test_the_log_does_not_grow_for_ever(log, monkeypatch):
    monkeypatch.setattr(faults, "_MOST_BYTES", 2000)
    for number in range(20):
        as_told(raised(KeyError(number)))
        assert log.stat().st_size < 2000 + 1500
    assert "KeyError: 19" in log.read_text()


@pytest.mark.parametrize("path", ["/dev/null/log", "~nobody-of-this-name/log"])
def test_a_log_that_cannot_be_written_is_not_named(path, monkeypatch):
    monkeypatch.setattr(faults, "LOG", Path(path))
    assert str(as_told(raised(KeyError(1)))) == "an unforeseen error (KeyError: 1). Please report it."
