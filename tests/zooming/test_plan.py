"""From names on a command line to jobs."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from cards import write_jpeg, write_mosaic
from lensed import DSLR, PHONE, TELE, lens_card, lens_file, photo_of
from PIL import Image

from opticalzoom.errors import ConfigError
from opticalzoom.lenses.library import install_lens, installed, installed_lens
from opticalzoom.photo.metadata import read_metadata
from opticalzoom.zooming.crop import Middle
from opticalzoom.zooming.jobs import Recipe
from opticalzoom.zooming.plan import plan, suited


@pytest.fixture(autouse=True)
def photos(tmp_path, monkeypatch):
    """``h/a.png`` and ``h/below/b.jpg``, seen from the folder that h lies in."""
    monkeypatch.chdir(tmp_path)
    Path("h/below").mkdir(parents=True)
    for name, side in (("h/a.png", 20), ("h/below/b.jpg", 30)):
        Image.fromarray(np.zeros((side, 40, 3), np.uint8)).save(name)


def test_names_scales_and_pixels():
    jobs, problems, notes = plan(["h"], Recipe(), Path("out"), recursive=True)
    assert (problems, notes) == ([], ["2 photos: city100-x3 (bundled)"])
    assert [job.target for job in jobs] == [Path("out/a-x3.png"), Path("out/below/b-x3.jpg")]
    assert [(job.pixels, job.crop) for job in jobs] == [(800, None), (1200, None)]
    assert {job.recipe.pixels for job in jobs} == {2000}  # all that there is to do


def test_a_crop_counts_its_own_pixels():
    jobs, _, _ = plan(["h/a.png", "h/below"], Recipe(scale=2), Path("out"), crop=Middle(0.5), kind="tif")
    assert [job.target.name for job in jobs] == ["a-x2.tif", "b-x2.tif"]
    assert [job.crop.shape for job in jobs] == [(10, 20), (15, 20)]
    assert [job.pixels for job in jobs] == [200, 300]


def test_two_photos_of_one_name_are_refused_with_both():
    Path("h/a.jpg").write_bytes(Path("h/below/b.jpg").read_bytes())
    with pytest.raises(ConfigError, match=r"a\.jpg.*a\.png") as caught:
        plan(["h"], Recipe(), Path("out"), name="{stem}.tif")
    assert "{kind}" in str(caught.value)


def test_a_pattern_that_leaves_its_folder_leaves_not_the_output():
    with pytest.raises(ConfigError, match="leads elsewhere"):
        plan(["h/*/../../h/*.png"], Recipe(), Path("out"))


def test_what_cannot_be_cropped_is_a_problem_of_its_own():
    Path("h/c.png").write_bytes(b"no picture")
    jobs, (problem,), _ = plan(["h"], Recipe(), Path("out"), crop=Middle(0.5), recursive=True)
    assert len(jobs) == 2
    assert problem.path == Path("h/c.png")


@pytest.mark.parametrize("crop", [None, Middle(0.5)])
def test_a_photo_that_raises_what_nobody_foresaw_ends_nothing(crop, monkeypatch):
    def size(path):
        return struct.unpack("<I", b"") if path.name == "a.png" else (30, 40)

    monkeypatch.setattr("opticalzoom.zooming.plan.read_size", size)
    jobs, problems, _ = plan(["h"], Recipe(), Path("out"), crop=crop, recursive=True)
    assert jobs[-1].photo == Path("h/below/b.jpg")
    assert len(jobs) + len(problems) == 2  # without a crop zooming says what is wrong
    assert all("h/a.png: an unforeseen error (error: unpack requires" in str(problem) for problem in problems)


def test_results_of_earlier_runs_and_siblings_are_left_aside_with_a_note():
    Path("h/a-x3.png").write_bytes(Path("h/a.png").read_bytes())
    jobs, _, notes = plan(["h"], Recipe(), Path("out"))
    assert [job.photo for job in jobs] == [Path("h/a.png")]
    assert notes == ["1 left aside: results of earlier runs, as h/a-x3.png", "1 photo: city100-x3 (bundled)"]


@pytest.mark.parametrize("crop", [None, Middle(0.5)])
def test_the_jpeg_beside_a_raw_file_is_its_spare(crop):
    Image.new("RGB", (40, 30)).save("h/c.jpg")
    Path("h/c.nef").write_bytes(b"no RAW file")
    jobs, problems, _ = plan(["h/c.nef", "h/c.jpg"], Recipe(weights="city100-x3"), Path("out"), crop=crop)
    assert ([job.photo.name for job in jobs], problems) == (["c.nef"], [])
    spare = jobs[0].spare
    assert (spare.photo, spare.target) == (Path("h/c.jpg"), Path("out/c-x3.jpg"))
    assert spare.pixels == (1200 if crop is None else 300)
    (jpeg,), _, _ = plan(["h/c.nef", "h/c.jpg"], Recipe(weights="city100-x3"), Path("out"), raw_jpeg="jpeg")
    assert (jpeg.photo, jpeg.spare) == (Path("h/c.jpg"), None)


def test_a_jpeg_under_the_name_of_a_raw_file_beside_a_jpeg_is_zoomed_alone():
    Image.new("RGB", (40, 30)).save("h/c.jpg")
    Path("h/c.nef").write_bytes(Path("h/c.jpg").read_bytes())
    (job,), problems, _ = plan(["h/c.nef", "h/c.jpg"], Recipe(weights="city100-x3"), Path("out"))
    assert (job.photo, job.target, job.spare, problems) == (Path("h/c.nef"), Path("out/c-x3.jpg"), None, [])


def test_a_format_beside_a_suffix_in_the_name_is_refused():
    with pytest.raises(ConfigError, match="--name has a suffix"):
        plan(["h"], Recipe(), Path("out"), name="{stem}.tif", kind="png")


# --- the lens of each photo

SHOT = {"focal_length": 50.0, "time": datetime(2026, 1, 2)}


@pytest.fixture
def lenses(tmp_path):
    """What was learned for two lenses of a phone, ×2 and ×4."""
    for name, card in (("main", lens_card(PHONE, 2)), ("tele", lens_card(TELE, 4))):
        install_lens(lens_file(tmp_path / "learned.safetensors", card), name)
    return {lens.name: lens for lens in installed()}


@pytest.fixture
def album(tmp_path):
    """Photos of both lenses, of another camera, and without EXIF."""
    for name, metadata in {"main": PHONE, "tele": TELE, "dslr": DSLR}.items():
        photo_of(metadata, tmp_path / f"{name}.jpg")
    write_jpeg(tmp_path / "bare.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    return {name: tmp_path / f"{name}.jpg" for name in ("main", "tele", "dslr", "bare", "broken")}


def test_every_photo_gets_what_was_learned_for_its_lens_at_its_scale(tmp_path, lenses, album):
    jobs, problems, notes = plan(map(str, album.values()), Recipe(), tmp_path)
    assert not problems
    learned = [str(lenses["main"].path), str(lenses["tele"].path)]
    assert [job.recipe.weights for job in jobs] == [*learned, None, None, None]
    names = ["main-x2.jpg", "tele-x4.jpg", "dslr-x3.jpg", "bare-x3.jpg", "broken-x3.jpg"]
    assert [job.target.name for job in jobs] == names
    assert notes == [
        "1 photo: main, learned for Google Pixel 7, 6.81 mm",
        "1 photo: tele, learned for Google Pixel 7, 19 mm",
        "3 photos: city100-x3 (bundled)",
    ]


@pytest.mark.parametrize(
    ("scale", "learned"),
    [(1.5, {"main"}), (2, {"main"}), (2.5, set()), (3, set()), (3.5, {"tele"}), (4, {"tele"}), (5, {"tele"})],
)
def test_with_a_scale_the_next_larger_one_zooms_whoever_learned_it(lenses, album, scale, learned):
    """``main`` was learned for ×2 and ``tele`` for ×4; bundled are ×3 and ×4."""
    recipes = {name: suited(album[name], Recipe(scale=scale), [*lenses.values()]) for name in lenses}
    assert {name for name, recipe in recipes.items() if recipe.weights == str(lenses[name].path)} == learned
    assert {name for name, recipe in recipes.items() if recipe.weights is None} == lenses.keys() - learned
    assert all(recipe.scale == scale for recipe in recipes.values())


def test_weights_that_are_named_are_taken(lenses, album):
    recipe = Recipe(weights="city100-x3")
    assert suited(album["main"], recipe, [*lenses.values()]) is recipe


def test_raw_files_get_what_was_learned_from_raw_files(tmp_path):
    raw, jpeg = tmp_path / "a.dng", tmp_path / "a.jpg"
    write_mosaic(raw, np.full((40, 60, 3), 128, np.uint8) + np.arange(60, dtype=np.uint8)[:, None], **SHOT)
    write_jpeg(jpeg, np.zeros((40, 60, 3), np.uint8), **SHOT)
    for input in ("rgb", "raw"):
        card = lens_card(read_metadata(raw), 2, input=input)
        name = install_lens(lens_file(tmp_path / "learned.safetensors", card), input)
        chosen = {path: suited(path, Recipe(), installed()).weights for path in (raw, jpeg)}
        assert chosen[raw if name == "raw" else jpeg] == str(installed_lens(name).path)
        assert (chosen[raw] is None) is (name == "rgb")


def test_without_lenses_no_photo_is_looked_at(monkeypatch, album):
    monkeypatch.delattr("opticalzoom.zooming.plan.read_metadata")
    recipe = Recipe()
    assert suited(album["main"], recipe, []) is recipe


def test_the_library_is_read_once(tmp_path, lenses, album, monkeypatch):
    reads = []
    monkeypatch.setattr(f"{plan.__module__}.installed", lambda: reads.append(1) or installed())
    plan(map(str, album.values()), Recipe(), tmp_path)
    assert len(reads) == 1
    plan(map(str, album.values()), Recipe(weights="city100-x3"), tmp_path)
    assert len(reads) == 1


def test_a_damaged_lens_is_for_no_photo(tmp_path, lenses, album):
    lenses["main"].path.write_bytes(b"cut")
    assert [lens.card is None for lens in installed()] == [True, False]
    assert suited(album["main"], Recipe(), installed()).weights is None
    _, _, notes = plan([str(album["main"])], Recipe(), tmp_path)
    assert notes[0].startswith("not used: the lens main, which is damaged")
    assert notes[1:] == ["1 photo: city100-x3 (bundled)"]


def test_a_photo_whose_middle_the_phone_enlarged_is_not_of_the_lens(tmp_path, lenses):
    enlarged = photo_of(replace(PHONE, focal_length_35mm=50.0), tmp_path / "digital.jpg")
    assert suited(enlarged, Recipe(), [*lenses.values()]).weights is None
