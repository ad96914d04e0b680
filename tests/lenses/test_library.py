"""The library of lenses: what is installed is found for its photos, and for no others."""

from __future__ import annotations

import errno
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lensed import DSLR, PHONE, TELE, lens_card, lens_file
from safetensors.numpy import load_file

from opticalzoom.errors import CheckpointError, ConfigError, OpticalZoomError, OutputExistsError
from opticalzoom.lenses.library import (
    FOLDER_VARIABLE,
    default_name,
    find_lens,
    install_lens,
    installed,
    installed_lens,
    library_folder,
    remove_lens,
)
from opticalzoom.photo.metadata import Metadata
from opticalzoom.weights.card import ModelCard, bundled
from opticalzoom.weights.graphs import graphs_path, graphs_text, read_graph


@pytest.fixture
def library(lens_library):
    """The folder of this test's own library."""
    return lens_library


def install(tmp_path, card=None, name=None, **options):
    return install_lens(lens_file(tmp_path / "learned" / "weights.safetensors", card), name, **options)


def names():
    return [lens.name for lens in installed()]


def found(photo, scale=None, input="rgb"):
    lens = find_lens(photo, scale, input)
    return lens and lens.name


# --- installing


def test_nothing_is_installed_at_first():
    assert installed() == []
    assert found(PHONE) is None


def test_what_is_installed_is_what_was_learned(tmp_path, library):
    source = lens_file(tmp_path / "weights.safetensors")
    assert install_lens(source) == "google-pixel-7-6-81mm-x2"
    (lens,) = installed()
    assert (lens.name, lens.card, lens.problem) == ("google-pixel-7-6-81mm-x2", lens_card(), "")
    assert lens.path.parent == library
    assert load_file(lens.path)["filter.weight"].tobytes() == load_file(source)["filter.weight"].tobytes()
    assert installed_lens(lens.name) == lens
    assert list(library.iterdir()) == [lens.path]  # nothing is left of writing it


def test_graphs_travel_in_the_file(tmp_path):
    source = lens_file(tmp_path / "weights.safetensors")
    graphs_path(source).write_text(graphs_text(source.read_bytes(), {".onnx": b"an exported file"}))
    lens = installed_lens(install_lens(source))
    assert read_graph(lens.path, ".onnx") == b"an exported file"
    assert not graphs_path(lens.path).exists()
    again = installed_lens(install_lens(lens.path, "again"))
    assert read_graph(again.path, ".onnx") == b"an exported file"


def test_names_are_counted_unless_one_is_asked_for(tmp_path):
    assert [install(tmp_path) for _ in range(3)] == [f"google-pixel-7-6-81mm-x2{end}" for end in ("", "-2", "-3")]
    assert install(tmp_path, name="mine") == "mine"
    with pytest.raises(OutputExistsError, match="already there"):
        install(tmp_path, name="mine")
    assert install(tmp_path, lens_card(TELE), "mine", overwrite=True) == "mine"
    assert installed_lens("mine").card == lens_card(TELE)
    assert install(tmp_path, overwrite=True) == "google-pixel-7-6-81mm-x2"


BAD_NAMES = [
    "",
    "../x",
    "a/b",
    "a\\b",
    "A",
    "x.y",
    "con",
    "lpt1",
    "é",
    "a b",
    "-a",
    "x" * 101,
    "~",
    "a\n",
    "city100-x3",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_no_file_should_have(tmp_path, library, name):
    with pytest.raises(ConfigError):
        install(tmp_path, name=name)
    with pytest.raises(ConfigError):
        remove_lens(name)
    assert not library.exists()


@given(st.text(max_size=200), st.floats(0.1, 5000), st.sampled_from([2, 3, 4, 8]), st.sampled_from(["rgb", "raw"]))
def test_every_camera_gives_a_name_that_can_be_installed(camera, focal_length, scale, input):
    name = default_name(replace(lens_card(scale=scale, input=input), camera=camera, focal_length=focal_length))
    assert name not in bundled()
    assert 1 <= len(name) <= 90
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert name.strip("-") == name


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({}, "says of no lens"),
        ({"lens": {"camera": "x"}}, "damaged lens card"),
        ({"lens": lens_card(Metadata()).to_dict()}, "without EXIF"),
        ({"lens": lens_card(scale=3).to_dict()}, "of another network"),
        ({"lens": lens_card(input="raw").to_dict()}, "of another network"),
    ],
)
def test_weights_of_no_lens_are_not_installed(tmp_path, library, training, message):
    from safetensors.numpy import save_file  # noqa: PLC0415

    source = lens_file(tmp_path / "weights.safetensors")
    card = ModelCard("linear", {"scale": 2, "input": "rgb", "radius": 1}, training)
    save_file(load_file(source), source, metadata=card.to_metadata())
    with pytest.raises(CheckpointError, match=message) as caught:
        install_lens(source)
    assert str(source) in str(caught.value)
    assert not library.exists()


def test_many_at_once_each_get_a_name_and_a_whole_file(tmp_path):
    sources = [lens_file(tmp_path / f"{seed}.safetensors", seed=seed) for seed in range(12)]
    with ThreadPoolExecutor(12) as pool:
        given_names = list(pool.map(install_lens, sources))
    assert sorted(given_names) == sorted(set(given_names)) == sorted(names())
    for source, name in zip(sources, given_names, strict=True):
        assert load_file(installed_lens(name).path)["filter.weight"].tobytes() == (
            load_file(source)["filter.weight"].tobytes()
        )


def test_of_two_at_once_one_gets_the_name_that_both_ask_for(tmp_path):
    sources = [lens_file(tmp_path / f"{seed}.safetensors", seed=seed) for seed in range(8)]

    def attempt(source):
        try:
            return install_lens(source, "same")
        except OutputExistsError:
            return None

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, sources), key=str) == [*[None] * 7, "same"]
    assert names() == ["same"]


def test_a_disk_without_hard_links(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert install(tmp_path, name="mine") == "mine"
    with pytest.raises(OutputExistsError):
        install(tmp_path, name="mine")
    assert names() == ["mine"]


# --- where it is


def test_the_system_says_where_the_library_is(tmp_path, monkeypatch):
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    rest = Path("opticalzoom", "lenses")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert library_folder() == tmp_path / ".local" / "share" / rest
    monkeypatch.setenv("XDG_DATA_HOME", "relative")  # which its specification has ignored
    assert library_folder() == tmp_path / ".local" / "share" / rest
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert library_folder() == tmp_path / "xdg" / rest
    monkeypatch.setattr(sys, "platform", "darwin")
    assert library_folder() == tmp_path / "Library" / "Application Support" / rest
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    assert library_folder() == tmp_path / "AppData" / "Local" / rest
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert library_folder() == tmp_path / "local" / rest


def test_without_a_home_folder_there_is_no_library(tmp_path, monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert installed() == []
    with pytest.raises(ConfigError, match=FOLDER_VARIABLE):
        install(tmp_path)


def test_a_library_that_cannot_be_written(tmp_path, library):
    library.parent.mkdir()
    library.write_text("a file where the folder should be")
    assert installed() == []
    with pytest.raises(OpticalZoomError, match="cannot be written"):
        install(tmp_path)
    assert library.read_text() == "a file where the folder should be"


# --- finding


def test_every_photo_finds_its_own(tmp_path):
    for photo in (PHONE, TELE, DSLR):
        install(tmp_path, lens_card(photo))
    assert [found(photo) for photo in (PHONE, TELE, DSLR)] == [
        "google-pixel-7-6-81mm-x2",
        "google-pixel-7-19mm-x2",
        "nikon-d5500-24mm-x2",
    ]
    assert found(replace(DSLR, camera="NIKON D5600")) is None
    assert found(replace(DSLR, focal_length=55.0)) is None
    assert found(Metadata()) is None


def test_scale_and_input_count(tmp_path):
    install(tmp_path, lens_card(scale=2, date="2026-01-02"), "two")
    install(tmp_path, lens_card(scale=4, date="2026-01-01"), "four")
    install(tmp_path, lens_card(scale=4, input="raw"), "raw-four")
    assert [found(PHONE, scale) for scale in (None, 2, 3, 4)] == ["two", "two", None, "four"]
    assert [found(PHONE, scale, "raw") for scale in (None, 2, 4)] == ["raw-four", None, "raw-four"]


def test_the_nearest_focal_length_then_the_newest_then_the_first_name(tmp_path):
    at = {"near": 24.0, "far": 25.0}
    for name, focal_length in at.items():
        install(tmp_path, lens_card(replace(DSLR, focal_length=focal_length)), name)
    install(tmp_path, lens_card(replace(DSLR, focal_length=25.0), date="2026-12-01"), "far-newer")
    assert found(replace(DSLR, focal_length=24.2)) == "near"
    assert found(replace(DSLR, focal_length=24.9)) == "far-newer"
    install(tmp_path, lens_card(replace(DSLR, focal_length=25.0), date="2026-12-01T00:00:00+00:00"), "a-far")
    assert found(replace(DSLR, focal_length=24.9)) == "a-far"


# --- damage and the end


def test_damaged_files_are_listed_and_end_nothing(tmp_path, library):
    install(tmp_path, name="good")
    (library / "cut.safetensors").write_bytes((library / "good.safetensors").read_bytes()[:-1])
    (library / "empty.safetensors").touch()
    (library / "deep.safetensors").write_bytes(b"[" * 100)
    (library / "folder.safetensors").mkdir()
    (library / "notes.txt").write_text("mine")
    (library / "Not A Name.safetensors").touch()
    listed = {lens.name: bool(lens.card) for lens in installed()}
    assert listed == {"cut": False, "deep": False, "empty": False, "folder": False, "good": True}
    assert all(lens.problem for lens in installed() if not lens.card)
    assert found(PHONE) == "good"


def test_what_is_removed_is_gone(tmp_path, library):
    install(tmp_path, name="mine")
    (library / "broken.safetensors").touch()
    remove_lens("mine")
    remove_lens("broken")
    assert names() == []
    with pytest.raises(CheckpointError, match=r"no lens 'mine'\. Installed are: none"):
        remove_lens("mine")
