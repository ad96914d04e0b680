"""A disk that is full: what fits is whole, the rest is told, and nothing is half written."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from PIL import Image

from opticalzoom.cli.main import main


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except OSError:
        pytest.skip("the system mounts in another way")
    if done.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_photos_that_fit_are_whole_and_the_others_are_told(small_disk, tmp_path, capsys):
    random = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for number, side in enumerate((40, 200, 50)):  # noise: 43 kB, 1 MB and 68 kB when zoomed
        Image.fromarray(random.integers(0, 256, (side, side, 3), np.uint8)).save(tmp_path / f"photos/{number}.png")
    output = small_disk / "out"
    options = ["--backend", "onnxruntime", "--workers", "1"]
    assert main(["zoom", str(tmp_path / "photos"), "-o", str(output), *options]) == 2
    assert [path.name for path in sorted(output.iterdir())] == ["0-x3.png", "2-x3.png"]
    for path, side in zip(sorted(output.iterdir()), (120, 150), strict=True):
        with Image.open(path) as picture:
            picture.load()
            assert picture.size == (side, side)
    told = capsys.readouterr().err
    assert "1-x3.png: cannot be written: No space left on device. Free some space" in told
    assert "Traceback" not in told
