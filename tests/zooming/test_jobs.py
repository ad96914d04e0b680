"""Jobs: how many at once, what becomes of them, and what is told."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from lensed import lens_file
from rich.console import Console
from rich.progress import Progress

from opticalzoom.errors import DamagedPhotoError, OutputExistsError, PhotoError
from opticalzoom.lenses.library import install_lens
from opticalzoom.zooming import jobs as module
from opticalzoom.zooming.jobs import Job, Recipe, default_workers, run_jobs, zoom_job


def job(name="a.png", pixels=100, **recipe):
    return Job(Path(name), Path("out") / name, pixels, None, Recipe(**recipe))


class Stand:
    """A zoomer that raises."""

    def __init__(self, error):
        self.error = error

    def zoom_to(self, *_, **__):
        if self.error:
            raise self.error
        return ("its map of gains is left out",)


@pytest.fixture
def fails(monkeypatch):
    def with_error(error):
        monkeypatch.setattr(Recipe, "zoomer", lambda self, raw: Stand(error))

    return with_error


@pytest.mark.parametrize(
    ("sizes", "workers"),
    [([10**7] * 20, 1), ([10**5] * 10, 1), ([10**6] * 8, 4), ([5 * 10**5] * 100, 4)],
)
def test_a_process_a_core_for_many_small_photos(monkeypatch, sizes, workers):
    monkeypatch.setattr(module, "cores", lambda: 4)
    assert default_workers([job(pixels=size) for size in sizes]) == workers


def test_no_more_processes_than_the_memory_is_for(monkeypatch):
    monkeypatch.setattr(module, "cores", lambda: 64)
    assert default_workers([job(pixels=10**6)] * 128) == 8


def test_names_are_absolute_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.safetensors").write_bytes(b"")
    found = job(weights="mine.safetensors").anywhere()
    assert (found.photo, found.target) == (tmp_path / "a.png", tmp_path / "out" / "a.png")
    assert found.recipe.weights == str(tmp_path / "mine.safetensors")
    assert job(weights="city100-x3").anywhere().recipe.weights == "city100-x3"


def test_a_lens_that_is_named_is_a_file_elsewhere(tmp_path, lens_library):
    install_lens(lens_file(tmp_path / "learned.safetensors"), "mine")
    assert job(weights="mine").anywhere().recipe.weights == str(lens_library / "mine.safetensors")


def test_what_is_there_already_is_done(fails):
    fails(OutputExistsError("is already there."))
    assert zoom_job(job(), again=True) == (job(), None, ())
    assert "is already there" in str(zoom_job(job()).error)  # nobody has tried before: it is not ours


def test_errors_name_the_photo(fails):
    fails(PhotoError("is damaged."))
    assert zoom_job(job("b.jpg"))[1].path == Path("b.jpg")
    fails(MemoryError())
    assert str(zoom_job(job("b.jpg"))[1]).startswith("b.jpg: there is too little memory for it.")


def test_an_exception_of_any_class_is_the_photos_and_the_others_are_zoomed(monkeypatch):
    stands = iter([Stand(struct.error("4 bytes")), Stand(AssertionError()), Stand(None)])
    monkeypatch.setattr(Recipe, "zoomer", lambda self, raw: next(stands))
    todo = [job("a.dng"), job("b.dng"), job("c.png")]
    first, second, third = run_jobs(todo, 1, None, Console(file=io.StringIO()))
    assert str(first[1]).startswith("a.dng: an unforeseen error (error: 4 bytes). ")
    assert str(second[1]).startswith("b.dng: an unforeseen error (AssertionError). ")
    assert third[:2] == (todo[2], None)


def test_the_spare_is_zoomed_where_a_raw_file_cannot_be_used(monkeypatch):
    unusable = PhotoError("is cut short.", path=Path("a.dng"))
    monkeypatch.setattr(module, "is_raw", lambda path: path.suffix == ".dng")
    monkeypatch.setattr(Recipe, "zoomer", lambda self, raw: Stand(unusable if raw else None))
    spare = job("a.jpg", pixels=7)
    first = replace(job("a.dng"), spare=spare)
    done, error, notes = zoom_job(first)
    assert (done, error) == (replace(spare, pixels=100), None)
    told = "the JPEG is zoomed instead of its RAW file, which cannot be used: is cut short"
    assert notes == (told, "its map of gains is left out")
    assert zoom_job(job("a.dng")).error is unusable
    full = PhotoError("cannot be written: No space left on device.", path=first.target)
    monkeypatch.setattr(Recipe, "zoomer", lambda self, raw: Stand(full if raw else None))
    assert zoom_job(first) == (first, full, ())


def test_a_spare_whose_result_is_there_is_none(tmp_path):
    spare = replace(job("a.jpg"), target=tmp_path / "a.jpg")
    first = replace(job("a.dng"), spare=spare)
    assert first.without_taken_spare() == first
    spare.target.write_bytes(b"")
    assert first.without_taken_spare() == job("a.dng")
    assert first.anywhere().spare == spare.anywhere()


def test_what_is_left_of_a_damaged_photo_is_zoomed_where_that_is_asked_for(monkeypatch):
    class Damaged(Stand):
        def zoom_to(self, *_, salvage=False, **__):
            return () if salvage else super().zoom_to()

    damage = DamagedPhotoError("cannot be decoded: premature end.", path=Path("a.png"))
    monkeypatch.setattr(Recipe, "zoomer", lambda self, raw: Damaged(damage))
    assert zoom_job(job()).error is damage
    assert zoom_job(job(salvage=True)).notes == ("it is damaged, and what is left of it was zoomed",)


def test_outcomes_come_in_order_in_this_process(fails):
    fails(None)
    todo = [job("a.png"), job("b.png")]
    outcomes = list(run_jobs(todo, 1, None, Console(file=io.StringIO())))
    assert outcomes == [(one, None, ("its map of gains is left out",)) for one in todo]


def test_the_bar_counts_the_pixels_of_all_jobs(fails, monkeypatch):
    fails(None)
    bars = []
    monkeypatch.setattr(module, "progress_bar", lambda *_, **__: bars.append(Progress(disable=True)) or bars[0])
    seen = []
    for _ in run_jobs([job("a.png", 100), job("b.png", 50)], 1, None, Console(file=io.StringIO())):
        (task,) = bars[0].tasks
        seen.append((task.completed, task.total, task.description))
    assert seen == [(100, 150, "1 of 2"), (150, 150, "2 of 2")]
