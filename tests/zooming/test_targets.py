"""Names of results that their folder can hold and tell apart."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from opticalzoom.errors import ConfigError, OpticalZoomError
from opticalzoom.zooming import targets as module
from opticalzoom.zooming.targets import folded, holdable, longest_name, name_length, tells_apart


def test_names_that_are_too_long_lose_nobody_else(tmp_path):
    problems: list[OpticalZoomError] = []
    targets = {Path(f"{number}.jpg"): tmp_path / f"{'é' * number}-x3.jpg" for number in (3, 124, 125, 300)}
    assert [path.name for path in holdable(targets, problems)] == ["3.jpg", "124.jpg"]
    assert [str(problem.path) for problem in problems] == ["125.jpg", "300.jpg"]
    assert "257 bytes long, the folder holds 255" in str(problems[0])
    assert "--name" in problems[0].remedy
    for name in ("é" * 124 + "-x3.jpg",):
        (tmp_path / name).touch()  # the system agrees
    with pytest.raises(OSError, match="too long"):
        (tmp_path / ("é" * 125 + "-x3.jpg")).touch()


def test_the_remedy_helps(tmp_path):
    stem = "漢" * 200
    name = f"{stem:.63}-x3.jpg"
    assert name_length(name) <= longest_name(tmp_path / "not" / "there")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("IMG_1-x3.jpg", "img_1-x3.JPG"),
        ("Straße-x3.jpg", "STRASSE-x3.jpg"),
        (unicodedata.normalize("NFC", "é-x3.jpg"), unicodedata.normalize("NFD", "é-x3.jpg")),
        ("Day 1/a-x3.jpg", "day 1/A-x3.jpg"),
    ],
)
def test_names_that_some_folders_do_not_tell_apart(tmp_path, monkeypatch, first, second):
    targets = {Path("a.jpg"): tmp_path / "out" / first, Path("b.jpg"): tmp_path / "out" / second}
    assert folded(tmp_path / first) == folded(tmp_path / second)
    monkeypatch.setattr(module, "tells_apart", lambda folder: False)
    with pytest.raises(ConfigError, match=r"output of a\.jpg, b\.jpg"):
        holdable(targets, [])
    monkeypatch.setattr(module, "tells_apart", lambda folder: True)
    assert holdable(targets, []) == targets


def test_equal_names_are_refused_wherever(tmp_path):
    same = tmp_path / "a-x3.jpg"
    with pytest.raises(ConfigError, match=r"output of a\.jpg, a\.jpeg"):
        holdable({Path("a.jpg"): same, Path("a.jpeg"): same}, [])


def test_a_raw_file_and_its_spare_may_have_one_result(tmp_path):
    targets = dict.fromkeys((Path("a.nef"), Path("a.jpg")), tmp_path / "a.png")
    assert holdable(targets, [], {Path("a.nef"): Path("a.jpg")}) == targets
    with pytest.raises(ConfigError, match=r"a\.nef, b\.jpg"):
        holdable(targets | {Path("b.jpg"): tmp_path / "a.png"}, [], {Path("a.nef"): Path("a.jpg")})


def test_the_probe_asks_the_folder(tmp_path, monkeypatch):
    assert tells_apart(tmp_path / "not" / "there")  # Linux does
    assert list(tmp_path.iterdir()) == []
    found = os.path.lexists
    names = lambda folder: {folded(path) for path in folder.iterdir()}  # noqa: E731
    monkeypatch.setattr(os.path, "lexists", lambda path: found(path) or folded(path) in names(Path(path).parent))
    assert not tells_apart(tmp_path)
    assert not tells_apart(Path("/proc/self"))  # nothing can be made there
    assert list(tmp_path.iterdir()) == []
