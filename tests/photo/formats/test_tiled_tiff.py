"""Tiles and strips that are decoded alone, against the whole picture."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from opticalzoom.photo.formats.tiled_tiff import open_segments
from opticalzoom.photo.window import Window

PIXELS = np.random.default_rng(0).integers(0, 65536, (70, 90, 3)).astype(np.uint16)
WINDOWS = [Window(slice(0, 70), slice(0, 90)), Window(slice(5, 6), slice(3, 4)), Window(slice(30, 65), slice(17, 80))]


@pytest.mark.parametrize("options", [{"tile": (32, 16)}, {"rowsperstrip": 9}])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_windows_are_those_of_the_picture(tmp_path, options, compression):
    tifffile.imwrite(tmp_path / "a.tif", PIXELS, photometric="rgb", compression=compression, **options)
    with open_segments(tmp_path / "a.tif") as segments:
        for window in WINDOWS:
            np.testing.assert_array_equal(segments(window), PIXELS[window])


def test_what_is_better_read_otherwise(tmp_path):
    tifffile.imwrite(tmp_path / "floats.tif", PIXELS.astype(np.float32), photometric="rgb", tile=(32, 32))
    tifffile.imwrite(tmp_path / "planes.tif", PIXELS.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    (tmp_path / "other.tif").write_bytes(b"no TIFF at all")
    for name in ("floats", "planes", "other"):
        with open_segments(tmp_path / f"{name}.tif") as segments:
            assert segments is None
