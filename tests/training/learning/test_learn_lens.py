"""From a folder to installed weights, by the Python function."""

from __future__ import annotations

from dataclasses import replace

import pytest
from learnings import CAMERA, soft_lens, write_pairs

import opticalzoom
from opticalzoom.engines.checkpoint import load_model
from opticalzoom.errors import ConfigError, PairError
from opticalzoom.lenses.library import find_lens
from opticalzoom.training.learning import budget, learn_lens
from opticalzoom.training.learning.fine_tuning import TuningRecipe
from opticalzoom.training.learning.learn_lens import lens_folders
from opticalzoom.weights.card import read_card
from opticalzoom.weights.graphs import graphs_path


@pytest.fixture
def library(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OPTICALZOOM_LENSES", str(tmp_path / "lenses"))


def test_what_wins_is_installed_with_its_card(tmp_path, library, monkeypatch):
    monkeypatch.setattr(learn_lens, "gather", lambda *_: [soft_lens(4)])
    (tmp_path / "card").mkdir()
    (result,) = opticalzoom.learn(tmp_path / "card", tmp_path / "out", steps=6)
    assert result.installed == "acme-one-4mm-x2"
    assert "wins" in result.verdict
    assert result.report.is_file()
    found = find_lens(CAMERA, None, "rgb")
    assert found is not None
    assert found.name == result.installed
    card = read_card(result.weights).training["lens"]
    assert (card["camera"], card["focal_length"], card["scale"]) == ("ACME One", 4.0, 2)
    assert card["figures"]["gain"]["bicubic"][0] > 0
    assert load_model(result.weights).contract.scale == 2
    assert graphs_path(result.weights).is_file()


def test_the_same_command_goes_on_however_long_preparation_took(tmp_path, library, monkeypatch):
    monkeypatch.setattr(budget, "plan_recipe", lambda *_: TuningRecipe(2))
    monkeypatch.setattr(budget, "affordable_counts", lambda *_: [])
    pairs = write_pairs(tmp_path / "pairs", 2)
    (first,) = opticalzoom.learn(pairs, tmp_path / "out", budget=60)
    (second,) = opticalzoom.learn(pairs, tmp_path / "out", budget=60)
    assert second.figures == first.figures


def test_two_lenses_of_one_camera_and_focal_length_are_kept_apart(tmp_path, library, monkeypatch):
    sets = [replace(soft_lens(2), metadata=replace(CAMERA, lens=name)) for name in ("Prime", "Zoom")]
    assert [folder.name for folder in lens_folders(sets, tmp_path)] == ["acme-one-4mm-x2", "acme-one-4mm-x2-2"]
    monkeypatch.setattr(learn_lens, "gather", lambda *_: sets)
    monkeypatch.setattr(budget, "plan_recipe", lambda *_: TuningRecipe(2))
    monkeypatch.setattr(budget, "affordable_counts", lambda *_: [])
    (tmp_path / "card").mkdir()
    results = opticalzoom.learn(tmp_path / "card", tmp_path / "out")
    assert [result.installed for result in results] == ["acme-one-4mm-x2", "acme-one-4mm-x2-2"]
    again = opticalzoom.learn(tmp_path / "card", tmp_path / "out")
    assert [result.installed for result in again] == [result.installed for result in results]
    for lens, result in zip(sets, results, strict=True):
        assert find_lens(lens.metadata, None, "rgb").name == result.installed


def test_photos_without_exif_are_learned_but_not_installed(tmp_path, library):
    pairs = write_pairs(tmp_path / "pairs", 4)
    (result,) = opticalzoom.learn(pairs, tmp_path / "out", steps=4)
    assert result.installed is None
    assert "--weights" in result.verdict
    assert not (tmp_path / "lenses").exists()


def test_nothing_there_is_told(tmp_path):
    with pytest.raises(PairError, match="is not there"):
        opticalzoom.learn(tmp_path / "missing", tmp_path / "out")


def test_a_budget_of_a_second_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="budget"):
        opticalzoom.learn(tmp_path, tmp_path / "out", budget=1)
