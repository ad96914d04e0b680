"""What is learned from: cards, photos, prepared folders and folders of pairs; and what is refused, with reasons."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from cards import write_card
from learnings import write_pairs
from PIL import Image

from opticalzoom.errors import PairError
from opticalzoom.training.learning.material import gather, nearest_scale

LENGTHS = (50.0, 24.0)


def ignore(text: str) -> None:
    """Nobody listens."""


@pytest.mark.parametrize(("ratio", "scale"), [(1.5, 2), (1.85, 2), (2.04, 2), (2.9, 3), (4.6, 4), (5.2, 4), (8, 8)])
def test_every_real_ratio_has_a_scale(ratio, scale):
    assert nearest_scale(ratio) == scale


def test_a_card_of_two_focal_lengths(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_card(tmp_path / "card", scenes=2, focal_lengths=LENGTHS, size=(240, 320))
    told: list[str] = []
    (lens,) = gather([tmp_path / "card"], tmp_path / "out", None, told.append)
    assert (lens.scale, lens.input) == (2, "rgb")
    assert lens.ratio == pytest.approx(50 / 24, rel=0.03)
    assert len(lens.pairs) == len(set(lens.scenes)) == 2
    assert lens.metadata.focal_length == 24
    assert "2 scenes" in told[0]


def test_two_photos_of_a_scene(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    ((long, short),) = write_card(tmp_path / "card", scenes=1, focal_lengths=LENGTHS, size=(240, 320))
    (lens,) = gather([short, long], tmp_path / "out", None, ignore)
    assert len(lens.pairs) == 1
    again = gather([tmp_path / "out" / "pairs-x2"], tmp_path / "unused", None, ignore)
    np.testing.assert_array_equal(again[0].pairs[0].y, lens.pairs[0].y)
    assert again[0].metadata.focal_length == 24


def test_two_folders_of_pairs_tell_their_scale(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (lens,) = gather([write_pairs(tmp_path / "pairs", 2, scale=3)], tmp_path / "out", None, ignore)
    assert lens.scale == 3
    assert [pair.name for pair in lens.pairs] == ["0", "1"]


def test_pairs_of_equal_size_need_a_scale(tmp_path):
    write_pairs(tmp_path / "pairs", 1)
    shutil.copy(tmp_path / "pairs" / "y" / "0.png", tmp_path / "pairs" / "x" / "0.png")
    with pytest.raises(PairError, match="--scale"):
        gather([tmp_path / "pairs"], tmp_path / "out", None, ignore)


def test_a_card_at_one_focal_length_is_refused(tmp_path):
    write_card(tmp_path / "card", scenes=2, focal_lengths=(24.0, 24.0), size=(200, 300))
    with pytest.raises(PairError, match="different focal lengths"):
        gather([tmp_path / "card"], tmp_path / "out", None, ignore)


def test_different_scenes_teach_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    first = write_card(tmp_path / "a", scenes=1, seed=1, focal_lengths=LENGTHS, size=(200, 300))
    other = write_card(tmp_path / "b", scenes=1, seed=2, focal_lengths=LENGTHS, size=(200, 300))
    told: list[str] = []
    with pytest.raises(PairError):
        gather([first[0][1], other[0][0]], tmp_path / "out", None, told.append)


def test_a_screenshot_that_is_zoomed_in_teaches_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    ((_, short),) = write_card(tmp_path / "card", scenes=1, focal_lengths=LENGTHS, size=(480, 640))
    with Image.open(short) as photo:
        middle = photo.crop((160, 120, 480, 360)).resize((640, 480), Image.Resampling.BICUBIC)
    middle.save(tmp_path / "zoomed.png")
    Image.open(short).save(tmp_path / "plain.png")
    with pytest.raises(PairError):
        gather([tmp_path / "plain.png", tmp_path / "zoomed.png"], tmp_path / "out", None, ignore)


def test_a_spoilt_pair_does_not_end_the_others(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    pairs = write_pairs(tmp_path / "pairs", 3)
    (pairs / "x" / "0.png").write_bytes(b"")
    cut = (pairs / "y" / "1.png").read_bytes()
    (pairs / "y" / "1.png").write_bytes(cut[: len(cut) // 2])
    (lens,) = gather([pairs], tmp_path / "out", None, ignore)
    assert (lens.scale, [pair.name for pair in lens.pairs]) == (2, ["2"])


def test_folders_without_a_usable_pair_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    pairs = write_pairs(tmp_path / "pairs", 1)
    (pairs / "y" / "0.png").write_bytes(b"")
    with pytest.raises(PairError, match="no pair could be used"):
        gather([pairs], tmp_path / "out", 2, ignore)


def test_results_do_not_go_among_the_photos(tmp_path):
    write_card(tmp_path / "card", scenes=1, focal_lengths=LENGTHS)
    with pytest.raises(PairError, match="lies in the folder of the photos"):
        gather([tmp_path / "card"], tmp_path / "card" / "learned", None, ignore)


def test_a_short_time_prepares_some_of_many_pairs_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_card(tmp_path / "card", scenes=5, focal_lengths=LENGTHS, size=(200, 300))
    told: list[str] = []
    (lens,) = gather([tmp_path / "card"], tmp_path / "out", None, told.append, seconds=0.0)
    assert len(lens.scenes) <= 4
    assert any("4 of 5 pairs are prepared" in text for text in told)
