"""Which photos are meant: folders, patterns, results of earlier runs, RAW files and JPEGs of one shot."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.photo.metadata import Metadata
from opticalzoom.photo.raw.dng import write_dng
from opticalzoom.zooming.find import Found, find, results_among, siblings_among
from opticalzoom.zooming.names import NamePattern


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Names of photos (nothing is read), seen from the folder that they lie in."""
    monkeypatch.chdir(tmp_path)

    def plant(*names):
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()

    return plant


def paths(found: tuple[Found, list]) -> dict[str, str]:
    return {str(path): str(folder) for path, folder in found[0].items()}


def without_results(pattern: NamePattern, recursive: bool = False) -> tuple[list[str], list[str]]:
    """What is found here and is no result, and what is one."""
    photos, _ = find(["."], Path(), recursive)
    results = results_among(photos, pattern)
    return [str(path) for path in photos if path not in results], sorted(map(str, results))


def test_a_folder(tree):
    tree("h/b.JPG", "h/a.tif", "h/.hidden.jpg", "h/a.xmp", "h/clip.mov", "h/day 1/c.png", "h/.trash/d.jpg")
    assert paths(find(["h"], Path("out"), False)) == {"h/a.tif": ".", "h/b.JPG": "."}


def test_folders_in_folders_keep_their_places(tree):
    tree("h/a.jpg", "h/day 1/a.jpg", "h/day 1/x/a.nef", "h/.trash/d.jpg")
    found = paths(find(["h"], Path("out"), True))
    assert found == {"h/a.jpg": ".", "h/day 1/a.jpg": "day 1", "h/day 1/x/a.nef": "day 1/x"}


@pytest.mark.parametrize(
    ("pattern", "recursive", "expected"),
    [
        ("h/*.jpg", False, {"h/a.jpg": "."}),
        ("h/?.*", False, {"h/a.jpg": ".", "h/b.png": "."}),
        ("h/*", False, {"h/a.jpg": ".", "h/b.png": ".", "h/one/a.jpg": "one"}),
        ("h/*", True, {"h/a.jpg": ".", "h/b.png": ".", "h/one/a.jpg": "one", "h/one/deep/a.jpg": "one/deep"}),
        ("h/**/*.jpg", False, {"h/a.jpg": ".", "h/one/a.jpg": "one", "h/one/deep/a.jpg": "one/deep"}),
        ("*/one/[ab].jpg", False, {"h/one/a.jpg": "h/one"}),
    ],
)
def test_patterns(tree, pattern, recursive, expected):
    tree("h/a.jpg", "h/b.png", "h/a.xmp", "h/one/a.jpg", "h/one/deep/a.jpg")
    assert paths(find([pattern], Path("out"), recursive)) == expected


def test_absolute_patterns_and_names_that_look_like_one(tree, tmp_path):
    tree("h/a [1].jpg", "h/b.jpg")
    assert list(paths(find([f"{tmp_path}/h/b*"], Path("out"), False))) == [f"{tmp_path}/h/b.jpg"]
    assert paths(find(["h/a [1].jpg"], Path("out"), False)) == {"h/a [1].jpg": "."}


def test_nothing_is_found_twice(tree):
    tree("h/a.jpg", "h/b.jpg")
    assert list(paths(find(["h/b.jpg", "h", "h/../h/a.jpg", "*/b.jpg"], Path("out"), True))) == ["h/b.jpg", "h/a.jpg"]


def test_what_gives_nothing_is_said(tree):
    tree("empty/notes.txt", "deep/x/a.jpg", "b.jpg")
    found, problems = find(["missing.jpg", "empty", "deep", "*.png", "b.jpg"], Path("out"), False)
    assert found == {Path("b.jpg"): Path()}
    causes = [str(problem) for problem in problems]
    assert causes == [
        "missing.jpg: is not there. Check the name.",
        "empty: holds no photos. Name another folder, or add --recursive.",
        "deep: holds no photos. Name another folder, or add --recursive.",
        "*.png: matches no photos. Check the pattern.",
    ]


@pytest.mark.parametrize("named", ["h", "h/*", "h/**/*.jpg"])
def test_an_output_inside_is_not_zoomed(tree, named):
    tree("h/a.jpg", "h/zoomed/a-x3.jpg", "h/zoomed/one/b-x3.jpg", "h/zoomed 2/c.jpg")
    assert set(paths(find([named], Path("h/zoomed"), True))) == {"h/a.jpg", "h/zoomed 2/c.jpg"}


def test_an_output_that_is_named_is_zoomed(tree):
    tree("out/a.jpg", "out/b/c.jpg")
    assert set(paths(find(["out"], Path("out"), True))) == {"out/a.jpg", "out/b/c.jpg"}
    assert set(paths(find(["out/b"], Path("out"), True))) == {"out/b/c.jpg"}


def test_results_of_earlier_runs_are_left_aside(tree):
    tree(
        "a.jpg",
        "a-x3.jpg",
        "a-x3-x3.jpg",
        "a-x2.5.png",
        "b.NEF",
        "b-x4.tif",
        "orphan-x3.jpg",
        "x/a-x3.jpg",
        "a_big.jpg",
    )
    assert without_results(NamePattern(), recursive=True) == (
        ["a.jpg", "a_big.jpg", "b.NEF", "orphan-x3.jpg", "x/a-x3.jpg"],
        ["a-x2.5.png", "a-x3-x3.jpg", "a-x3.jpg", "b-x4.tif"],
    )


def test_results_under_a_name_of_ones_own(tree):
    tree("a.jpg", "a_big.jpg", "big_a.jpg", "a-x3.jpg")
    kept, results = without_results(NamePattern("{stem}_big{suffix}"))
    assert (kept, results) == (["a.jpg", "big_a.jpg"], ["a-x3.jpg", "a_big.jpg"])


def test_the_same_name_is_no_sign_of_a_result(tree):
    tree("a.jpg", "a.nef")
    assert without_results(NamePattern("{stem}{suffix}")) == (["a.jpg", "a.nef"], [])


@pytest.fixture
def card(tmp_path):
    """Shots as RAW and JPEG, or HEIC, as RAW alone, as JPEG alone, and two of one name taken on different days."""
    shot = MosaicSimulation().shoot(np.ascontiguousarray(data.astronaut()[:16, :16]), "astronaut")
    for name, day in {"a.DNG": 1, "b.dng": 2, "d.dng": 4, "e.dng": 6}.items():
        write_dng(tmp_path / name, shot, Metadata(time=datetime(2024, 5, day)))
    for name, day in {"a.JPG": 1, "c.jpg": 3, "d.jpg": 5}.items():
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = f"2024:05:0{day} 00:00:00"
        Image.new("RGB", (16, 16)).save(tmp_path / name, exif=exif)
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 00:00:00"
    pytest.importorskip("pillow_heif").from_pillow(Image.new("RGB", (16, 16))).save(
        tmp_path / "e.HEIC", exif=exif.tobytes()
    )
    Image.new("RGB", (16, 16)).save(tmp_path / "b.tif")  # developed by hand: another picture
    return find([str(tmp_path)], tmp_path / "out", False)[0]


@pytest.mark.parametrize(
    ("kept", "names"),
    [
        ("raw", ["a.DNG", "b.dng", "b.tif", "c.jpg", "d.dng", "d.jpg", "e.dng"]),
        ("jpeg", ["a.JPG", "b.dng", "b.tif", "c.jpg", "d.dng", "d.jpg", "e.HEIC"]),
        ("both", ["a.DNG", "a.JPG", "b.dng", "b.tif", "c.jpg", "d.dng", "d.jpg", "e.HEIC", "e.dng"]),
    ],
)
def test_one_file_of_a_shot(card, kept, names):
    aside = siblings_among(card, kept)
    assert [path.name for path in card if path not in aside] == names
    assert all(left in card and left.stem == path.stem for path, left in aside.items())


def test_other_suffixes_are_found(tmp_path):
    for name in ("a.jfif", "b.JPE", "c.mpo", "d.x3f", "e.txt"):
        (tmp_path / name).touch()
    found, _ = find([str(tmp_path)], tmp_path / "out", False)
    assert [path.name for path in found] == ["a.jfif", "b.JPE", "c.mpo", "d.x3f"]


@pytest.mark.parametrize("name", [".", "**/*.jpg", "*/*.jpg"])
def test_a_closed_folder_is_listed_and_the_rest_goes_on(tmp_path, monkeypatch, name):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.jpg").touch()
    scan = os.scandir

    def closed(path):
        if Path(os.fsdecode(path)).name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    found, problems = find([str(tmp_path / name)], tmp_path / "out", True)
    assert [path.parent.name for path in found] == ["b"]
    assert [str(problem.path) for problem in problems] == [str(tmp_path / "a")]
