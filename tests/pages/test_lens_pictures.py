"""Figures of a lens whose figures are known, read back out of the SVG."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from opticalzoom.lenses.measured import MeasuredLens
from opticalzoom.lenses.modulation import mtf50
from opticalzoom.pages.lens_pictures import (
    COLOURS,
    lens_figures,
    mtf_picture,
    noise_picture,
    sharpness_picture,
    shift_picture,
    spread_picture,
)


def gaussian_kernel(down: float, right: float, lower: int = 0) -> np.ndarray:
    """15×15 of sum 1, standard deviations in pixels of Y, moved downwards."""
    place = np.arange(15) - 7
    kernel = np.outer(np.exp(-((place - lower) ** 2) / (2 * down**2)), np.exp(-(place**2) / (2 * right**2)))
    return (kernel / kernel.sum()).astype(np.float32)


def known_lens(*, noise: float = 0.01) -> MeasuredLens:
    """Two rows of three cells at ×3; wider along the rows; red lies a pixel of Y further up; one cell is the mean."""
    colours = np.stack([gaussian_kernel(1.5, 3, 1), gaussian_kernel(1.5, 3), gaussian_kernel(1.5, 3)])
    return MeasuredLens(
        scale=3,
        aspect=1.5,
        pairs=2,
        kernels=colours,
        field=np.broadcast_to(colours, (2, 3, 3, 15, 15)).copy(),
        measured=np.array([[True, True, True], [True, True, False]]),
        mtf_doubt=np.full((3, 101), 0.02),
        mtf50_doubt=np.full((2, 3, 3), 0.01),
        shift_doubt=np.full((2, 3, 2, 2), 0.02),
        noise=np.full((3, 12), noise),
        noise_doubt=np.full((3, 12), noise / 10) if noise else np.ones((3, 12)),
    )


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def texts(picture: str) -> list[str]:
    return ["".join(element.itertext()) for element in parsed(picture).iter("text")]


def test_the_spread_of_each_cell_is_shown_as_light_falls():
    lens = known_lens()
    images = [element.attrib for element in parsed(spread_picture(lens)).iter("image")]
    assert len(images) == 6
    assert {(image["x"], image["y"]) for image in images} == {(str(x), str(y)) for x in (1, 121, 241) for y in (1, 121)}
    kind, data = images[0]["href"].split(",")
    assert kind == "data:image/png;base64"
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert shown.shape == (15, 15, 3)
    assert shown.max() == 255
    rows = np.arange(15) @ (shown.astype(float) ** 2).sum(axis=1) / (shown.astype(float) ** 2).sum(axis=(0, 1))
    assert rows[1] == pytest.approx(7, abs=0.01)
    assert rows[0] == pytest.approx(6, abs=0.1)  # red samples further down, so its light falls further up
    assert texts(spread_picture(lens)).count("mean") == 1


def test_contrast_is_drawn_for_each_colour_with_its_sharpness():
    lens = known_lens()
    lines = list(parsed(mtf_picture(lens)).iter("polyline"))
    assert [line.attrib["stroke"] for line in lines] == ["currentColor", *COLOURS.values()]
    assert all(len(line.attrib["points"].split()) == 101 for line in lines)
    assert f"green: MTF50 {float(mtf50(lens.mtf[1])):.2f}" in texts(mtf_picture(lens))
    assert len(list(parsed(mtf_picture(lens)).iter("polygon"))) == 3


def test_sharpened_pictures_stay_within_the_axes():
    lens = known_lens()
    sharpened = np.stack([3 * gaussian_kernel(1.5, 1.5) - 2 * gaussian_kernel(3, 3)] * 3)
    lens = replace(lens, kernels=sharpened)
    assert lens.mtf.max() > 1.2
    points = [line.attrib["points"].split() for line in parsed(mtf_picture(lens)).iter("polyline")]
    top = min(float(point.split(",")[1]) for point in points[1])
    assert sum(float(point.split(",")[1]) == top for point in points[1]) <= 3  # a peak, not a ceiling


def test_sharpness_has_a_dot_of_both_kinds_for_each_measured_cell():
    dots = list(parsed(sharpness_picture(known_lens())).iter("circle"))
    assert len(dots) == 10
    assert sum(dot.attrib["fill"] == "none" for dot in dots) == 5
    left = [dot for dot in dots if float(dot.attrib["cx"]) < 260]  # the two cells above and below the middle
    full, hollow = (
        [float(dot.attrib["cy"]) for dot in left if (dot.attrib["fill"] == "none") == kind] for kind in (0, 1)
    )
    # Above the middle, outwards is along the columns: meridional contrast is that of the narrow side, and higher up.
    assert max(hollow) < min(full)


def test_arrows_show_where_red_and_blue_lie():
    paths = [element.attrib for element in parsed(shift_picture(known_lens())).iter("path")]
    red = [path["d"] for path in paths if path["stroke"] == COLOURS["red"]]
    blue = [path["d"] for path in paths if path["stroke"] == COLOURS["blue"]]
    assert len(red) == len(blue) == 6
    right, down = (float(number) for number in red[0].split("l")[1].split())
    assert right == pytest.approx(0, abs=0.1)
    assert down < -10  # red shows what lies a third of a pixel of X further down, so its picture is further up
    assert [float(number) for number in blue[0].split("l")[1].split()] == pytest.approx([0, 0], abs=0.1)
    assert "0.2 pixels of X" in texts(shift_picture(known_lens()))


def test_noise_is_drawn_in_values_of_eight_bit():
    picture = noise_picture(known_lens(noise=2 / 255))
    lines = list(parsed(picture).iter("polyline"))
    assert len(lines) == 3
    assert "2" in texts(picture)
    assert len({point.split(",")[1] for point in lines[0].attrib["points"].split()}) == 1
    unknown = noise_picture(known_lens(noise=0))
    assert "red: nothing flat was seen" in texts(unknown)


def test_all_figures_in_one_fragment_that_needs_nothing_else():
    page = lens_figures(known_lens())
    found = parsed(f"<body>{page}</body>")
    assert len(found.findall("figure")) == 5
    assert all(figure.find("figcaption").text for figure in found.findall("figure"))
    assert "too little detail (1 cells)" in page
    assert "http" not in page
    assert "<script" not in page
    assert len(page) < 100_000
