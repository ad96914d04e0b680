"""A card from Python: what is written, going on, and a card that holds other ratios than the one asked for."""

from __future__ import annotations

import pytest
from cards import write_card
from places import REPOSITORY

from opticalzoom.errors import OutputExistsError, PairError
from opticalzoom.pairs.preparing.prepare_card import prepare_card, training_command
from opticalzoom.pairs.scenes.survey import survey
from opticalzoom.pairs.sources import open_source
from opticalzoom.weights.contract import SCALES


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    write_card(folder, 2, 5, focal_lengths=(50.0, 24.0), size=(240, 360))
    return folder


def test_a_card_is_prepared_and_gone_on_with(card, tmp_path):
    told, seen = [], []

    def watch(work, total):
        for record in work:
            seen.append((record["name"], total))
            yield record

    done = prepare_card(card, tmp_path / "out", 2, workers=1, watch=watch, announce=lambda *n: told.append(n))
    assert told == [(2, 0)]
    assert [total for _, total in seen] == [2, 2]
    assert len(done.accepted) == len(done.records) == len(open_source(tmp_path / "out", scale=2).all_names()) == 2
    assert done.report.is_file()
    again = prepare_card(card, tmp_path / "out", 2, workers=1, found=survey(card))
    assert again.known == 2
    assert again.records == done.records


def test_another_scale_says_what_there_is_and_the_command_for_it(card, tmp_path):
    with pytest.raises(PairError, match=r"no pair of shots for ×4: 2 scenes; 2 pairs at ×2.*--scale 2") as error:
        prepare_card(card, tmp_path / "out", 4)
    assert str(card) in str(error.value.remedy)
    with pytest.raises(PairError, match=r"--scale 2 --tolerance 0\.[01]"):
        prepare_card(card, tmp_path / "out", 8, tolerance=0.0)


def test_the_output_may_hold_nothing_else(card, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(OutputExistsError, match="holds other files"):
        prepare_card(card, tmp_path, 2)
    with pytest.raises(PairError, match="lies in the folder of the photos"):
        prepare_card(card, card / "out", 2)


@pytest.mark.parametrize("scale", SCALES)
def test_the_training_command_names_a_config_that_exists(scale, tmp_path):
    words = training_command(tmp_path, scale).split()
    config = REPOSITORY / words[words.index("--config") + 1]
    assert config.is_file()
    assert f"scale: {scale}" in config.read_text() or words[-2:] == ["--data.scale", str(scale)]
