"""Tiles: several at once, their sides from a budget, and the memory of a process that zooms a short and tall photo."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom.engines.engine_ensemble import EnsembleEngine
from opticalzoom.engines.runtimes import ExportedEngine
from opticalzoom.engines.torch_engine import TorchEngine, layer_bytes
from opticalzoom.errors import ConfigError
from opticalzoom.models import build
from opticalzoom.photo.window import spans
from opticalzoom.weights.computing import LARGEST_TILE
from opticalzoom.weights.contract import Contract
from opticalzoom.weights.exported import Exported
from opticalzoom.zooming.enlarger import Enlarger
from opticalzoom.zooming.in_memory import zoom
from opticalzoom.zooming.tiles import SMALLEST, tile_shape

ZOOM_TWICE = """
import json, resource, sys
from pathlib import Path
import numpy as np, torch
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.models import build
from opticalzoom.photo.bands import Header
from opticalzoom.photo.encode import write_bands
from opticalzoom.zooming.zoomer import Zoomer

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

torch.set_num_threads(1)
zoomer = Zoomer(TorchEngine(build("srresnet_lite", scale=3, features=8, blocks=1).eval()), memory=60_000_000)
folder, peaks = Path(sys.argv[1]), []
for height in (1500, 6000):
    band = np.full((100, 400, 3), 99, np.uint8)
    source = folder / f"{height}.tif"
    write_bands(source, Header((height, 400, 3), band.dtype), (band for _ in range(height // 100)))
    zoomer.zoom_to(source, folder / f"{height}-x3.tif")
    peaks.append(peak())
print(json.dumps(peaks))
"""


class Meeting:
    """An engine that repeats pixels, whose calls wait for each other: alone, one would wait in vain."""

    contract = Contract(2)
    streams = 2
    bytes_per_pixel = 1

    def __init__(self):
        self._together = threading.Barrier(2)

    def __call__(self, x):
        self._together.wait(10)
        return x.repeat(2, 2).repeat(2, 3)


def enlarger(factor=3, margin=8, streams=1):
    return Enlarger(lambda pixels: pixels, factor, 3, margin, streams)


def shape(memory, width=4000, height=3000, per_pixel=700, streams=1, margin=8):
    return tile_shape(
        memory, per_pixel, enlarger(streams=streams, margin=margin), (height, width), (height, width, 3), 1
    )


def counts(height, width, streams, memory=10**10, margin=20):
    """Rows and columns of tiles."""
    sides = shape(memory, width, height, streams=streams, margin=margin)
    return tuple(len(spans(0, length, side)) for length, side in zip((height, width), sides, strict=True))


def test_more_memory_gives_larger_tiles_and_wider_photos_smaller_ones():
    areas = [math.prod(shape(memory)) for memory in (10**8, 2 * 10**8, 5 * 10**8, 10**10)]
    assert areas == sorted(areas)
    assert areas[0] < areas[-1] <= LARGEST_TILE**2
    assert math.prod(shape(3 * 10**8, width=16000)) < math.prod(shape(3 * 10**8))


def test_too_little_says_what_would_do():
    with pytest.raises(ConfigError, match=r"Allow at least (\d+) MB") as caught:
        shape(10**6)
    enough = int("".join(filter(str.isdigit, caught.value.remedy or "")))
    assert min(shape(enough * 10**6)) <= SMALLEST
    with pytest.raises(ConfigError, match="too little"):
        shape((enough - 1) * 10**6)


def test_every_tile_that_is_computed_at_once_counts():
    several = math.prod(shape(10**8, 2000, streams=4))
    assert several == pytest.approx(math.prod(shape(10**8, 2000, per_pixel=2800)), rel=0.1)
    assert several < math.prod(shape(10**8, 2000)) / 2


def test_a_small_photo_gives_every_stream_its_share():
    assert counts(290, 310, streams=1) == (1, 1)
    assert counts(290, 406, streams=1) == (1, 2)
    assert counts(290, 406, streams=2) == (1, 2)
    assert counts(406, 290, streams=2) == (2, 1)
    assert counts(300, 300, streams=4) == (2, 2)


def test_what_is_all_overlap_is_not_cut():
    assert counts(20, 20, streams=4) == (1, 1)


@pytest.mark.parametrize("streams", [1, 2, 4])
def test_large_photos_have_large_tiles(streams):
    rows, columns = counts(3000, 4000, streams)
    assert 10 * 13 <= rows * columns <= 1.25 * 10 * 13


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 4), st.integers(50, 500))
def test_what_is_planned_stays_within_the_memory(height, width, streams, megabytes):
    rows, columns = shape(megabytes * 10**6, width, height, streams=streams)
    assert 1 <= rows <= LARGEST_TILE
    network = streams * 700 * min(rows, height) * min(columns, width)
    assert network + 3 * rows * 3 * width * 3 * 3 <= megabytes * 10**6


def test_exported_models_bring_what_their_layers_showed():
    class Engine(ExportedEngine):
        exported = Exported(Contract(3), 700)
        memory_factor = 2.5

        def __call__(self, x):
            return x

    assert Engine().bytes_per_pixel == EnsembleEngine(Engine()).bytes_per_pixel == 1750


def test_wider_networks_need_more():
    small, large = (build("srresnet_lite", scale=3, features=features, blocks=1).eval() for features in (8, 64))
    assert TorchEngine(small).bytes_per_pixel < TorchEngine(large).bytes_per_pixel
    shown = (2 * 64 + 3 * 9) * 4  # bytes of a convolution's input and output, and of the picture
    assert layer_bytes(large) == shown <= TorchEngine(large).bytes_per_pixel < 4 * shown


def test_peak_memory_does_not_follow_the_photo(tmp_path):
    if sys.platform == "win32":
        pytest.skip("getrusage is of Unix")
    done = subprocess.run(
        [sys.executable, "-c", ZOOM_TWICE, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    short, tall = json.loads(done.stdout)
    whole = 18000 * 1200 * 3  # bytes of the tall result
    assert tall - short < whole / 2


def test_tiles_are_zoomed_at_once_and_put_in_their_places():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3)).astype(np.uint8)
    np.testing.assert_array_equal(zoom(Meeting(), pixels, tile=10), pixels.repeat(2, 0).repeat(2, 1))
