"""The verb that looks after the library, and the verb that zooms with it: two cameras in one folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from lensed import DSLR, PHONE, TELE, lens_card, lens_file, photo_of
from PIL import Image

import opticalzoom
from opticalzoom.cli.main import main
from opticalzoom.engines.checkpoint import load_model
from opticalzoom.errors import PhotoError
from opticalzoom.lenses.lens_card import LensCard
from opticalzoom.lenses.library import install_lens, installed, installed_lens
from opticalzoom.photo.photograph import read_photo, to_float
from opticalzoom.weights.card import bundled
from opticalzoom.zooming.in_memory import zoom

NOISE = {name: np.random.default_rng(seed).integers(0, 256, (24, 32, 3), np.uint8) for seed, name in enumerate("abcd")}


@pytest.fixture
def lens(tmp_path):
    """Install what was learned; the name of it."""

    def install(card=None, name=None, seed=0):
        return install_lens(lens_file(tmp_path / "learned.safetensors", card, seed), name)

    return install


def printed(capsys, *words):
    """What a command that succeeds prints."""
    assert main(["lenses", *map(str, words)]) == 0
    return capsys.readouterr().out


def test_an_empty_library(capsys, lens_library):
    assert printed(capsys).replace("\n", "") == f"No lens has been learned yet, in {lens_library}"
    assert json.loads(printed(capsys, "--json")) == {"folder": str(lens_library), "lenses": []}
    assert not lens_library.exists()


def test_the_table_has_a_line_for_each(capsys, lens):
    lens(name="phone")
    lens(lens_card(DSLR, 4, input="raw", figures={}), "nikon-raw")
    lines = [line.split() for line in printed(capsys).splitlines() if line.strip()]
    assert lines[0] == ["lens", "camera", "mm", "scale", "learned", "gain,", "dB"]
    assert lines[2:] == [
        ["nikon-raw", "NIKON", "D5500", "24", "×4", "RAW", "2026-11-28"],
        ["phone", "Google", "Pixel", "7", "6.81", "×2", "2026-11-28", "+0.75"],
    ]


@pytest.mark.parametrize("figures", [{"gain": 3}, {"gain": {"bicubic": 1}}, {"gain": {"bicubic": []}}, {"gain": [1]}])
def test_cards_with_other_figures_are_listed_and_shown(capsys, lens, figures):
    lens(lens_card(figures=figures), "mine")
    assert "mine" in printed(capsys)
    assert "gain" not in printed(capsys).splitlines()[-1]
    assert "mine" in printed(capsys, "show", "mine")


def test_names_of_cameras_are_no_markup(capsys, lens):
    card = lens_card().to_dict() | {"camera": "[red]Zoom[/red]"}
    lens(LensCard.from_dict(card), "mine")
    assert "[red]Zoom[/red]" in printed(capsys)
    assert "[red]Zoom[/red]" in printed(capsys, "show", "mine")


def test_all_that_is_known_of_one(capsys, lens):
    lens(name="phone")
    shown = printed(capsys, "show", "phone")
    for words in (
        "Google Pixel 7",
        "back camera",
        "6.81 mm (25 mm on 35 mm film)",
        "×2, from a measured ratio of 1.85",
    ):
        assert words in shown
    assert dict(line.strip().split("  ", 1) for line in shown.splitlines()[1:])["gain bicubic"].strip() == "0.75, 0.1"
    described = json.loads(printed(capsys, "show", "phone", "--json"))
    assert described["card"] == lens_card().to_dict()
    assert Path(described["file"]).is_file()


def test_damaged_ones_are_listed_shown_and_removed(capsys, lens, lens_library):
    lens(name="good")
    (lens_library / "bad.safetensors").write_bytes(b"cut")
    assert main(["lenses"]) == 0
    out, err = capsys.readouterr()
    assert "good" in out
    assert "bad: is damaged" in err
    assert "lenses remove bad" in err.replace("\n", " ")
    assert "is damaged" in printed(capsys, "show", "bad")
    assert [one["problem"] is None for one in json.loads(printed(capsys, "--json"))["lenses"]] == [False, True]
    assert printed(capsys, "remove", "bad", "good") == "removed: bad\nremoved: good\n"
    assert installed() == []


def test_a_lens_travels(capsys, lens, tmp_path, monkeypatch):
    monkeypatch.setattr("opticalzoom.engines.exporting.graphs_export.exported_files", lambda path: {})
    lens(name="mine")
    file = tmp_path / "a lens.safetensors"
    assert printed(capsys, "export", "mine", file).replace("\n", "") == f"mine → {file}"
    assert "→ google-pixel-7-6-81mm-x2, for photos of Google Pixel 7, 6.81 mm" in printed(capsys, "import", file)
    assert "→ theirs, " in printed(capsys, "import", file, "--name", "theirs")
    assert [one.name for one in installed()] == ["google-pixel-7-6-81mm-x2", "mine", "theirs"]
    printed(capsys, "import", file, "--name", "theirs", "--overwrite")
    printed(capsys, "export", "mine", file, "--overwrite")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "none"], "there is no lens 'none'"),
        (["show", "../x"], "is no name for a lens"),
        (["remove", "none"], "there is no lens 'none'"),
        (["remove", "city100-x3"], "is the name of bundled weights"),
        (["export", "none", "x.safetensors"], "there is no lens 'none'"),
        (["export", "mine", "x.pth"], "expected .safetensors"),
        (["export", "mine", "there.safetensors"], "already there"),
        (["import", "none.safetensors"], "no such weights file"),
        (["import", "there.safetensors"], "no safetensors file"),
        (["import", str(bundled()["city100-x3"])], "says of no lens"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path, monkeypatch, capsys, lens, words, message):
    monkeypatch.chdir(tmp_path)
    lens(name="mine")
    Path("there.safetensors").write_text("mine")
    assert main(["lenses", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("opticalzoom lenses: ")
    assert message in err
    assert len(err.splitlines()) == 1
    assert [one.name for one in installed()] == ["mine"]


# --- zoom


@pytest.fixture
def album(tmp_path, monkeypatch):
    """A folder with photos of two cameras, one of which has two lenses, and a photo without EXIF."""
    monkeypatch.chdir(tmp_path)
    for name, metadata in {"a": PHONE, "b": DSLR, "c": TELE}.items():
        photo_of(metadata, Path("album", f"{name}.jpg"), NOISE[name])
    Image.fromarray(NOISE["d"]).save("album/d.png")
    return Path("album")


def expected(weights, photo):
    """The photo zoomed by the network itself, float in [0, 1]."""
    with torch.inference_mode():
        return zoom(load_model(weights), to_float(read_photo(photo).pixels))


def test_two_cameras_in_one_folder(capsys, lens, album):
    lens(lens_card(PHONE, 2), "phone", seed=1)
    lens(lens_card(DSLR, 4), "nikon", seed=2)
    assert main(["zoom", "album", "-o", "out", "--format", "png", "--precision", "float32"]) == 0
    out = capsys.readouterr().out.replace("\n", " ")
    assert "1 photo: phone, learned for Google Pixel 7, 6.81 mm" in out
    assert "1 photo: nikon, learned for NIKON D5500, 24 mm" in out
    assert "2 photos: city100-x3 (bundled)" in out
    assert sorted(path.name for path in Path("out").iterdir()) == ["a-x2.png", "b-x4.png", "c-x3.png", "d-x3.png"]
    for name, weights in {"a-x2": "phone", "b-x4": "nikon"}.items():
        found = to_float(read_photo(f"out/{name}.png").pixels)
        wanted = expected(installed_lens(weights).path, f"album/{name[0]}.jpg")
        np.testing.assert_allclose(found, wanted.clip(0, 1), atol=1 / 255)


def test_a_lens_of_another_scale_is_not_taken_for_a_scale_that_others_have(capsys, lens, album):
    lens(lens_card(PHONE, 2), "phone")
    assert main(["zoom", "album/a.jpg", "-o", "out", "--scale", "3"]) == 0
    assert "1 photo: city100-x3 (bundled)" in capsys.readouterr().out
    assert main(["zoom", "album/a.jpg", "-o", "out", "--digital-zoom", "2"]) == 0
    assert "1 photo: phone, learned for" in capsys.readouterr().out


def test_weights_that_are_named_are_taken_and_need_no_note(capsys, lens, album):
    lens(lens_card(PHONE, 2), "phone")
    assert main(["zoom", "album/a.jpg", "-o", "out", "--weights", "city100-x3"]) == 0
    assert "1 photo:" not in capsys.readouterr().out
    assert Path("out/a-x3.jpg").is_file()
    assert main(["zoom", "album/d.png", "-o", "out", "--weights", "phone"]) == 0  # a lens by name, for any photo
    assert Path("out/d-x2.png").is_file()


def test_an_empty_library_changes_no_bit(capsys, lens, album):
    assert main(["zoom", "album", "-o", "before"]) == 0
    assert "4 photos: city100-x3 (bundled)" in capsys.readouterr().out
    lens(lens_card(TELE, 2), "tele")
    assert main(["zoom", "album", "-o", "after"]) == 0
    for name in ("a-x3.jpg", "b-x3.jpg", "d-x3.png"):
        assert Path("before", name).read_bytes() == Path("after", name).read_bytes()
    assert Path("after/c-x2.jpg").is_file()


def test_a_damaged_lens_is_said_and_does_not_stop_anything(capsys, lens, album, lens_library):
    lens(lens_card(PHONE, 2), "phone")
    (lens_library / "phone.safetensors").write_bytes(b"cut")
    assert main(["zoom", "album/a.jpg", "-o", "out"]) == 0
    out = capsys.readouterr().out
    assert "not used: the lens phone, which is damaged" in out
    assert Path("out/a-x3.jpg").is_file()


def test_several_processes_zoom_with_the_library(lens, album):
    lens(lens_card(PHONE, 2), "phone")
    assert main(["zoom", "album/a.jpg", "album/d.png", "-o", "out", "--workers", "2"]) == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["a-x2.jpg", "d-x3.png"]


def test_from_python(lens, album):
    lens(lens_card(PHONE, 2), "phone", seed=3)
    path = str(installed_lens("phone").path)
    z = opticalzoom.load(photo="album/a.jpg", backend="torch", precision="float32")
    assert (z.weights, z.scale) == (path, 2)
    np.testing.assert_array_equal(z(NOISE["a"]), zoom(load_model(path), NOISE["a"]))
    assert opticalzoom.load("phone").weights == path
    assert opticalzoom.load(photo="album/b.jpg").weights == "city100-x3"
    assert opticalzoom.load("city100-x4", photo="album/a.jpg").weights == "city100-x4"
    with pytest.raises(PhotoError):
        opticalzoom.load(photo="album/none.jpg")
