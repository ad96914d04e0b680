"""From names on a command line to jobs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opticalzoom.errors import ConfigError
from opticalzoom.zooming.crop import Middle
from opticalzoom.zooming.jobs import Recipe
from opticalzoom.zooming.plan import plan


@pytest.fixture(autouse=True)
def photos(tmp_path, monkeypatch):
    """``h/a.png`` and ``h/below/b.jpg``, seen from the folder that h lies in."""
    monkeypatch.chdir(tmp_path)
    Path("h/below").mkdir(parents=True)
    for name, side in (("h/a.png", 20), ("h/below/b.jpg", 30)):
        Image.fromarray(np.zeros((side, 40, 3), np.uint8)).save(name)


def test_names_scales_and_pixels():
    jobs, problems, notes = plan(["h"], Recipe(), Path("out"), recursive=True)
    assert (problems, notes) == ([], [])
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


def test_what_cannot_be_cropped_is_a_problem_of_its_own():
    Path("h/c.png").write_bytes(b"no picture")
    jobs, (problem,), _ = plan(["h"], Recipe(), Path("out"), crop=Middle(0.5), recursive=True)
    assert len(jobs) == 2
    assert problem.path == Path("h/c.png")


def test_results_of_earlier_runs_and_siblings_are_left_aside_with_a_note():
    Path("h/a-x3.png").write_bytes(Path("h/a.png").read_bytes())
    jobs, _, notes = plan(["h"], Recipe(), Path("out"))
    assert [job.photo for job in jobs] == [Path("h/a.png")]
    assert notes == ["1 left aside: results of earlier runs, as h/a-x3.png"]


def test_a_format_beside_a_suffix_in_the_name_is_refused():
    with pytest.raises(ConfigError, match="--name has a suffix"):
        plan(["h"], Recipe(), Path("out"), name="{stem}.tif", kind="png")
