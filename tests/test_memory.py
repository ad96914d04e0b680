"""Sides of tiles from a budget, and the resident set of a process that zooms a short and a tall photo."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from opticalzoom.engines.ensemble import EnsembleEngine
from opticalzoom.engines.exported import Exported
from opticalzoom.engines.runtimes import ExportedEngine
from opticalzoom.errors import ConfigError
from opticalzoom.memory import LARGEST, SMALLEST, bytes_per_pixel, layer_bytes, tile_side
from opticalzoom.models import build
from opticalzoom.models.contract import Contract
from opticalzoom.tiles import Enlarger

ZOOM_TWICE = """
import json, resource, sys
from pathlib import Path
import numpy as np, torch
from opticalzoom.models import build
from opticalzoom.photo.encode import Header
from opticalzoom.photo.image import write_bands
from opticalzoom.zoomer import Zoomer

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

torch.set_num_threads(1)
zoomer = Zoomer(build("srresnet_lite", scale=3, features=8, blocks=1).eval(), memory=60_000_000)
folder, peaks = Path(sys.argv[1]), []
for height in (3000, 9000):
    band = np.full((100, 400, 3), 99, np.uint8)
    source = folder / f"{height}.tif"
    write_bands(source, Header((height, 400, 3), band.dtype), (band for _ in range(height // 100)))
    zoomer.zoom_to(source, folder / f"{height}-x3.tif")
    peaks.append(peak())
print(json.dumps(peaks))
"""


def enlarger(factor=3, margin=8, streams=1):
    return Enlarger(lambda pixels: pixels, factor, 3, margin, streams)


def side(memory, width=4000, per_pixel=700):
    return tile_side(memory, per_pixel, enlarger(), width, 3, 1)


def test_more_memory_gives_larger_tiles_and_wider_photos_smaller_ones():
    sides = [side(memory) for memory in (10**8, 2 * 10**8, 5 * 10**8, 10**10)]
    assert sides == sorted(sides)
    assert SMALLEST <= sides[0] < sides[-1] == LARGEST
    assert side(3 * 10**8, width=16000) < side(3 * 10**8, width=4000)


def test_too_little_says_what_would_do():
    with pytest.raises(ConfigError, match=r"Allow at least (\d+) MB") as caught:
        side(10**6)
    enough = int("".join(filter(str.isdigit, caught.value.remedy or "")))
    assert side(enough * 10**6) == SMALLEST
    with pytest.raises(ConfigError, match="too little"):
        side((enough - 1) * 10**6)


def test_every_tile_that_is_computed_at_once_counts():
    small = tile_side(10**8, 700, enlarger(streams=4), 2000, 3, 1)
    assert small == tile_side(10**8, 2800, enlarger(), 2000, 3, 1) < tile_side(10**8, 700, enlarger(), 2000, 3, 1)


def test_exported_models_bring_what_their_layers_showed():
    class Engine(ExportedEngine):
        exported = Exported(Contract(3), 700)
        memory_factor = 2.5

    assert bytes_per_pixel(Engine()) == bytes_per_pixel(EnsembleEngine(Engine())) == 1750


def test_wider_networks_need_more():
    small, large = (build("srresnet_lite", scale=3, features=features, blocks=1).eval() for features in (8, 64))
    assert bytes_per_pixel(small) < bytes_per_pixel(large)
    shown = (2 * 64 + 3 * 9) * 4  # bytes of a convolution's input and output, and of the picture
    assert layer_bytes(large) == shown <= bytes_per_pixel(large) < 4 * shown


def test_peak_memory_does_not_follow_the_photo(tmp_path):
    if sys.platform == "win32":
        pytest.skip("getrusage is of Unix")
    done = subprocess.run(
        [sys.executable, "-c", ZOOM_TWICE, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    short, tall = json.loads(done.stdout)
    whole = 27000 * 1200 * 3  # bytes of the tall result
    assert tall - short < whole / 2
