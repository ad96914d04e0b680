"""The steps of the demonstration, each by itself; the verb's test walks all of them."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from networks import small_network
from PIL import Image
from rich.console import Console
from skimage import data

from opticalzoom.errors import OutputExistsError, PairError
from opticalzoom.pages.demonstration import demo_steps
from opticalzoom.pages.demonstration.demo_data import shipped_photos
from opticalzoom.pages.demonstration.demo_steps import (
    BUNDLED,
    HELD_OUT,
    SCALE,
    TOY,
    ZOOMED,
    compare,
    demonstrate,
    register_all,
    score_held_out,
    zoom_both,
)
from opticalzoom.pairs.sources import SimulatedZoom, Source
from opticalzoom.weights.card import read_card


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A photograph with detail, one without, and one that is held out."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, picture in {
        "astronaut": data.astronaut()[:240, :300],
        "flat": np.full((150, 150, 3), 90, np.uint8),
        "coffee": data.coffee()[:90, :120],
    }.items():
        Image.fromarray(np.ascontiguousarray(picture)).save(folder / f"{name}.png")
    return SimulatedZoom(folder, SCALE, simulation=demo_steps.LENS)


def console() -> Console:
    return Console(file=io.StringIO(), width=300)


def test_pairs_are_registered_and_compared_with_the_truth(source: Source, tmp_path: Path) -> None:
    output = console()
    pairs, alignments = register_all(source, ["astronaut", "flat"], tmp_path, output)
    assert [pair.name for pair in pairs] == [one.name for one in alignments] == ["astronaut"]
    assert np.median(alignments[0].distance) > 2
    assert np.median(alignments[0].error) < 0.5
    assert f"1 of 2 pairs registered. Pixels were moved by {np.median(alignments[0].distance):.1f} px" in (
        output.file.getvalue()
    )


def test_without_a_registered_pair_there_is_nothing_to_learn_from(source: Source, tmp_path: Path) -> None:
    with pytest.raises(PairError, match="no pair could be registered"):
        register_all(source, ["flat"], tmp_path, console())


def test_held_out_photographs_are_scored_beside_bicubic(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_steps, "HELD_OUT", ("coffee",))
    output = console()
    result = score_held_out(source, small_network("sdan_lite", scale=SCALE).eval(), output)
    assert [(row.name, row.method, row.protocol) for row in result.rows if row.method == "bicubic"] == [
        ("coffee", "bicubic", "honest")
    ]
    assert {row.method for row in result.rows} == {"bicubic", TOY, f"{TOY}, no offsets"}
    assert all(name in output.file.getvalue() for name in ("bicubic", TOY))


def test_the_truth_comes_last_and_all_pictures_have_its_size(source: Source) -> None:
    pictures = compare(small_network("sdan_lite", scale=SCALE).eval(), source, "coffee")
    assert list(pictures) == ["bicubic", TOY, "truth"]
    assert {picture.shape for picture in pictures.values()} == {(90, 120, 3)}
    assert np.array_equal(pictures["truth"], data.coffee()[:90, :120])


def test_bicubic_enlarges_as_opencv_does() -> None:
    photo = np.ascontiguousarray(data.coffee()[:40, :50])
    found = zoom_both(small_network("sdan_lite", scale=SCALE).eval(), "ours", photo)
    assert list(found) == ["bicubic", "ours"]
    expected = cv2.resize(photo, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC).astype(int)
    assert np.abs(found["bicubic"] - expected)[9:-9, 9:-9].mean() < 2  # Catmull-Rom has another slope
    assert found["ours"].shape == expected.shape


def test_a_page_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        demonstrate(tmp_path, 1, console())
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_the_bundled_weights_have_the_demonstrations_scale() -> None:
    assert read_card(BUNDLED).arguments["scale"] == SCALE


def test_the_photographs_that_are_shown_are_shipped() -> None:
    assert {*HELD_OUT, ZOOMED} <= shipped_photos().keys()
