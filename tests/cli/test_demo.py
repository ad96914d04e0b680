from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from opticalzoom.cli.main import main
from opticalzoom.pages.demonstration import demo_data, demo_steps, demo_training
from opticalzoom.weights.card import bundled

pytest.importorskip("skimage", reason="the demo's photographs")
needs_weights = pytest.mark.skipif(demo_steps.BUNDLED not in bundled(), reason="the bundled weights are not there yet")


@pytest.fixture
def few_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pair to learn from and one small photo to score and zoom."""
    monkeypatch.setattr(demo_data, "_FILES", ("astronaut.png", "chelsea.png"))
    monkeypatch.setattr(demo_steps, "HELD_OUT", ("chelsea",))
    monkeypatch.setattr(demo_steps, "ZOOMED", "chelsea")


@needs_weights
def test_the_page_and_all_its_pictures_are_there_and_not_overwritten(
    few_photos: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["demo", "-o", str(tmp_path / "out"), "--seconds", "2"]
    assert main(arguments) == 0
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(set(named)) == 5
    assert all((tmp_path / "out" / name).is_file() for name in named)
    assert "1 of 1 pairs" in page
    assert str((tmp_path / "out" / "index.html").resolve()) in capsys.readouterr().out

    assert main(arguments) == 2
    assert "--overwrite" in capsys.readouterr().err


@needs_weights
def test_ctrl_c_during_training_ends_with_130_and_no_page(
    few_photos: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_training, "seconds_per_step", lambda model: 0.01)
    started = demo_training.CleanStop.on_train_start

    def interrupt_soon(self: demo_training.CleanStop, *arguments: object) -> None:
        started(self, *arguments)  # type: ignore[arg-type]
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(demo_training.CleanStop, "on_train_start", interrupt_soon)
    assert main(["demo", "-o", str(tmp_path), "--seconds", "600"]) == 130
    assert not (tmp_path / "index.html").exists()


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_seconds_must_be_a_time(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["demo", f"--seconds={seconds}"])
    assert f"argument --seconds: got '{seconds}', expected a number above 0" in capsys.readouterr().err
