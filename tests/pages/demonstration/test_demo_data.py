"""The photographs of the demonstration, and how far registration is from the truth that it knows."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from opticalzoom.errors import DependencyError
from opticalzoom.pages.demonstration.demo_data import align, shipped_photos, write_photos
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import SimulatedZoom

pytest.importorskip("skimage", reason="the demo's photographs")


def test_without_scikit_image_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    with pytest.raises(DependencyError, match=r'pip install "opticalzoom\[demo\]"'):
        shipped_photos()


def test_registration_finds_the_injected_displacement(tmp_path: Path) -> None:
    write_photos({"astronaut": shipped_photos()["astronaut"]}, tmp_path)
    found = align(SimulatedZoom(tmp_path, 3), "astronaut", Misalignment(24, 2))
    assert np.median(found.distance) > 5
    assert np.median(found.error) < 0.5
