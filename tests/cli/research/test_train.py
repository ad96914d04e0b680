"""The verb ``train`` through the real command line: what it says, and options out of range.

What a training run does is tested in tests/training.
"""

from __future__ import annotations

import pytest
from trainings import quick, write_photos

from opticalzoom.cli.main import main


@pytest.fixture
def words(tmp_path):
    (tmp_path / "photos").mkdir()
    options = quick(write_photos(tmp_path / "photos"), tmp_path / "out")
    return ["train", "--model.builder=sdan_lite", *(f"--{name}={value}" for name, value in options.items())]


def test_a_run_says_on_standard_error_where_it_is(words, tmp_path, capsys):
    assert main(words) == 0
    printed = capsys.readouterr()
    assert f"6 steps done. Weights: {tmp_path / 'out' / 'weights.safetensors'}" in printed.err
    assert "weights.safetensors" not in printed.out
    assert main(words) == 2
    assert "holds a run already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("--ema=1", "ema"),
        ("--ema=-0.1", "ema"),
        ("--checkpoint_minutes=0", "checkpoint_minutes"),
        ("--checkpoint_minutes=soon", "checkpoint_minutes"),
        ("--trainer.max_steps=0", "--trainer.max_steps"),
    ],
)
def test_numbers_out_of_range_end_with_2_and_name_the_option(words, tmp_path, capsys, option, expected):
    try:
        code = main([*words, option])
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
