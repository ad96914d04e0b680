"""Where the rows differ is what is shown."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from opticalzoom.evaluation.studies.figures import Curve, disagreement, figure, plot_curves
from opticalzoom.pages.contact_sheets import CROP, MARK


def pictures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.integers(100, 120, (300, 400, 3)).astype(np.uint8)
    other = truth + np.uint8(60)  # brighter everywhere
    other[190:230, 290:330] = rng.integers(0, 255, (40, 40, 3))
    return {"one\n20.00 dB": truth.copy(), "other": other, "truth": truth}


def test_brightness_is_no_disagreement_but_detail_is():
    variance = disagreement(list(pictures().values()))
    assert variance[190:230, 290:330].mean() > 100 * variance[:100, :200].mean()


def test_the_crop_is_where_the_rows_differ_and_is_marked():
    shown = pictures()
    result = figure("name", shown)
    assert result.shape[0] > CROP
    assert (result == MARK).all(axis=2).any()
    assert np.array_equal(result, figure("name", pictures()))
    patch = shown["other"][195, 300]  # a pixel of what only one row shows
    assert (result == patch).all(axis=2).any()


def test_pictures_of_another_size_are_left_out():
    shown = pictures()
    assert np.array_equal(figure("name", {"small": shown["other"][:50], **shown}), figure("name", shown))


def test_curves(tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "curves.png"
    plot_curves(path, [Curve("L1", [0, 8], [27.0, 21.0]), Curve("SDAN", [0, 8], [27.0, 24.0])], "title", "px", 25.7)
    with Image.open(path) as image:
        colours = {tuple(pixel) for pixel in np.asarray(image.convert("RGB")).reshape(-1, 3)[::7]}
    assert {(31, 119, 180), (255, 127, 14)} <= colours, "two lines in matplotlib's first colours"
