"""Pictures of a pair: which there are, how large they are, and what they show of a registration that is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import noise

from opticalzoom.pairs.preparing.pair_pictures import KINDS, picture_path, write_pictures
from opticalzoom.photo.photograph import read_photo
from opticalzoom.photo.window import Window
from opticalzoom.registration.resize import resize_matrix
from opticalzoom.registration.transform import Registration
from opticalzoom.registration.zoom_view import RegisteredView

SCALE = 2
VIEW = Window(slice(100, 300), slice(200, 500))
X, Y = (600, 900), (400, 600)


def found() -> RegisteredView:
    """Y is the view of X, enlarged; its left half is trusted and everything flows to the right."""
    flow = np.zeros((4, 6, 2), np.float32)
    flow[..., 1] = 3
    doubt = np.zeros((4, 6), np.float32)
    doubt[:, 3:] = np.inf
    return RegisteredView(VIEW, Registration(Y, Y, np.eye(3), flow, doubt), 3.0)


def shown(folder: Path, kind: str) -> np.ndarray:
    return read_photo(folder / picture_path("a", kind)).pixels


@pytest.fixture
def accepted(tmp_path: Path) -> Path:
    x = np.full((*X, 3), 200, np.uint8)
    y = np.full((*Y, 3), 200, np.uint8)
    write_pictures(tmp_path, "a", x, y, found(), x[VIEW.rows, VIEW.columns], y)
    return tmp_path


def test_a_rejected_pair_has_its_two_shots_only(accepted):
    write_pictures(accepted, "a", np.zeros((*X, 3), np.uint16), np.full((*Y, 3), 65535, np.uint16))
    assert sorted(path.name for path in (accepted / "report").iterdir()) == ["a-x.jpg", "a-y.jpg"]
    assert shown(accepted, "x").max() == 0
    assert shown(accepted, "y").min() == 255  # 16 bits are reduced to 8


def test_the_longer_side_has_at_most_420_pixels(accepted):
    sizes = {kind: shown(accepted, kind).shape[:2] for kind in KINDS}
    assert sizes == {"x": (280, 420), "y": (280, 420)} | dict.fromkeys(KINDS[2:], (200, 300))


def test_small_pictures_are_not_enlarged(tmp_path):
    write_pictures(tmp_path, "a", noise(30, 40, 3), noise(420, 7, 3))
    assert shown(tmp_path, "x").shape == (30, 40, 3)
    assert shown(tmp_path, "y").shape == (420, 7, 3)


def test_the_frame_is_where_the_view_lies(accepted):
    red = shown(accepted, "x").astype(int)
    marked = np.argwhere(red[..., 0] - red[..., 2] > 100)
    factor = 420 / X[1]
    expected = [100 * factor, 200 * factor], [300 * factor, 500 * factor]
    np.testing.assert_allclose(marked.min(axis=0), expected[0], atol=2)
    np.testing.assert_allclose(marked.max(axis=0), expected[1], atol=2)


def test_equal_pictures_are_grey_the_mask_is_what_is_trusted_and_the_flow_has_one_colour(accepted):
    assert np.abs(np.ptp(shown(accepted, "after").astype(int), axis=2)).max() <= 2
    mask = shown(accepted, "mask")
    assert mask[:, :120].min() > 250
    assert mask[:, 180:].max() < 5
    flow = shown(accepted, "flow")
    assert np.ptp(flow.reshape(-1, 3), axis=0).max() <= 3
    assert flow[0, 0].max() - int(flow[0, 0].min()) > 200  # full colour


def test_before_shows_the_middle_of_y_as_if_nothing_had_moved(tmp_path):
    """Y has twice the pixels of the target: its middle half lies under X's part."""
    y = np.zeros((2 * Y[0], 2 * Y[1], 3), np.uint8)
    y[200:600, 300:900] = 255
    registration = Registration(Y, y.shape[:2], resize_matrix(1.0), np.zeros((4, 6, 2), np.float32), np.zeros((4, 6)))
    part = np.full((200, 300, 3), 255, np.uint8)
    write_pictures(tmp_path, "a", part, y, RegisteredView(VIEW, registration, 3.0), part, y[:400, :600])
    assert shown(tmp_path, "before").min() > 250
