from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from opticalzoom.cli import demo
from opticalzoom.cli.main import main
from opticalzoom.engines.checkpoint import bundled
from opticalzoom.errors import ConfigError
from opticalzoom.pages.demonstration import demo_data
from opticalzoom.pages.demonstration.demo_data import align, shipped_photos, write_photos
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import SimulatedZoom

pytest.importorskip("skimage", reason="the demo's photographs")
needs_weights = pytest.mark.skipif(demo.BUNDLED not in bundled(), reason="the bundled weights are not there yet")


@pytest.fixture
def few_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pair to learn from and one small photo to score and zoom."""
    monkeypatch.setattr(demo_data, "_FILES", ("astronaut.png", "chelsea.png"))
    monkeypatch.setattr(demo, "HELD_OUT", ("chelsea",))
    monkeypatch.setattr(demo, "ZOOMED", "chelsea")


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
    monkeypatch.setattr(demo, "seconds_per_step", lambda model: 0.01)
    started = demo.CleanStop.on_train_start

    def interrupt_soon(self: demo.CleanStop, *arguments: object) -> None:
        started(self, *arguments)  # type: ignore[arg-type]
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(demo.CleanStop, "on_train_start", interrupt_soon)
    assert main(["demo", "-o", str(tmp_path), "--seconds", "600"]) == 130
    assert not (tmp_path / "index.html").exists()


def test_without_scikit_image_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    with pytest.raises(ConfigError, match=r'pip install "opticalzoom\[demo\]"'):
        shipped_photos()


def test_registration_finds_the_injected_displacement(tmp_path: Path) -> None:
    write_photos({"astronaut": shipped_photos()["astronaut"]}, tmp_path)
    found = align(SimulatedZoom(tmp_path, 3), "astronaut", Misalignment(24, 2))
    assert np.median(found.distance) > 5
    assert np.median(found.error) < 0.5


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_seconds_must_be_a_time(seconds: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        demo.run_demo(["--seconds", seconds])
