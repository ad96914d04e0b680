"""Tiled against untiled zooming of real photos, in float32: the largest difference, for each backend.

    python benchmarks/seams.py PHOTO ... --json docs/results/seams.json

Untiled is one call of the network on the whole photo; it takes about 2 kB of memory a pixel. Values are in [0, 1].
"""

from __future__ import annotations

import argparse
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from opticalzoom.engines.backends import load_engine
from opticalzoom.engines.engine import Engine
from opticalzoom.photo.photograph import read_photo, to_float
from opticalzoom.weights.computing import PRECISIONS
from opticalzoom.zooming.in_memory import zoom


def difference(engine: Engine, pixels: np.ndarray, tile: int) -> float:
    """The largest between the photo in tiles of this side and in one piece, both clipped."""
    whole = engine(pixels.transpose(2, 0, 1)[None])[0].transpose(1, 2, 0).clip(0, 1)
    return float(np.abs(zoom(engine, pixels, tile=tile) - whole).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    parser.add_argument("--weights", default="city100-x3", metavar="FILE", help="weights file or bundled name")
    parser.add_argument("--tiles", type=int, nargs="+", default=(96, 200), metavar="SIDE")
    parser.add_argument("--json", type=Path, help="write the figures there")
    args = parser.parse_args()
    rows = []
    for backend in [name for name in PRECISIONS if find_spec(name)]:
        engine = load_engine(args.weights, backend, "float32")
        for path in args.photos:
            pixels = to_float(read_photo(path).pixels)
            for tile in args.tiles:
                row = {"backend": backend, "photo": path.name, "size": pixels.shape[:2], "tile": tile}
                rows.append(row | {"difference": difference(engine, pixels, tile)})
                print(rows[-1], flush=True)
    worst = {row["backend"]: max(its["difference"] for its in rows if its["backend"] == row["backend"]) for row in rows}
    print(json.dumps(worst, indent=1))
    if args.json:
        args.json.write_text(
            json.dumps({"weights": args.weights, "largest": worst, "rows": rows}, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
