"""The verb learn on a real small card: one command from photos to a report; and what is refused."""

from __future__ import annotations

import json

import pytest
from cards import write_card
from learnings import write_pairs

from opticalzoom.cli.main import main


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OPTICALZOOM_LENSES", str(tmp_path / "lenses"))


def test_one_command_learns_and_tells(tmp_path, capsys):
    pairs = write_pairs(tmp_path / "pairs", 2)
    assert main(["learn", str(pairs), "-o", str(tmp_path / "out"), "--budget", "20s", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert result["figures"]["pairs"] == 2
    assert result["figures"]["psnr"]["learned"] > result["figures"]["psnr"]["bicubic"]
    assert (tmp_path / "out" / "camera-x2" / "report.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["missing"], "is not there"),
        (["card", "--budget", "3s"], "too small"),
        (["card"], "different focal lengths"),
    ],
)
def test_bad_input_is_told_and_installs_nothing(arguments, reason, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_card(tmp_path / "card", scenes=1, focal_lengths=(24.0, 24.0))
    assert main(["learn", *arguments, "-o", "out"]) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "lenses").exists()


@pytest.mark.parametrize("option", [["--budget", "soon"], ["--scale", "5"]])
def test_options_out_of_range(option, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["learn", "card", *option])
    assert option[1] in capsys.readouterr().err
