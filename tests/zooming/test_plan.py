"""From photos to jobs."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from opticalzoom.errors import ConfigError
from opticalzoom.zooming.crop import Middle
from opticalzoom.zooming.find import Found
from opticalzoom.zooming.jobs import Recipe
from opticalzoom.zooming.names import NamePattern
from opticalzoom.zooming.plan import plan


@pytest.fixture
def photos(tmp_path):
    for name, side in (("a.png", 20), ("b.jpg", 30)):
        Image.fromarray(np.zeros((side, 40, 3), np.uint8)).save(tmp_path / name)
    return [Found(tmp_path / "a.png"), Found(tmp_path / "b.jpg", folder=tmp_path.relative_to(tmp_path) / "below")]


def test_names_scales_and_pixels(tmp_path, photos):
    jobs, problems = plan(photos, Recipe(), None, tmp_path / "out", NamePattern())
    assert problems == []
    assert [job.target for job in jobs] == [tmp_path / "out" / "a-x3.png", tmp_path / "out" / "below" / "b-x3.jpg"]
    assert [(job.pixels, job.crop) for job in jobs] == [(800, None), (1200, None)]
    assert {job.recipe.computing.pixels for job in jobs} == {2000}  # all that there is to do


def test_a_crop_counts_its_own_pixels(tmp_path, photos):
    jobs, _ = plan(photos, Recipe(scale=2), Middle(0.5), tmp_path / "out", NamePattern(), "tif")
    assert [job.target.name for job in jobs] == ["a-x2.tif", "b-x2.tif"]
    assert [job.crop.shape for job in jobs] == [(10, 20), (15, 20)]
    assert [job.pixels for job in jobs] == [200, 300]


def test_two_photos_of_one_name_are_refused_with_both(tmp_path, photos):
    (tmp_path / "a.jpg").write_bytes((tmp_path / "b.jpg").read_bytes())
    with pytest.raises(ConfigError, match=r"a\.png.*a\.jpg") as caught:
        plan([photos[0], Found(tmp_path / "a.jpg")], Recipe(), None, tmp_path, NamePattern("{stem}.tif"))
    assert "{kind}" in str(caught.value)


def test_what_cannot_be_cropped_is_a_problem_of_its_own(tmp_path, photos):
    (tmp_path / "c.png").write_bytes(b"no picture")
    jobs, (problem,) = plan([*photos, Found(tmp_path / "c.png")], Recipe(), Middle(0.5), tmp_path, NamePattern())
    assert len(jobs) == 2
    assert problem.path == tmp_path / "c.png"
