"""Peak memory of zooming large photos from file to file, above a process that has the libraries loaded.

    python benchmarks/memory.py --megapixels 12 48 200 --json FILE

Each photo is made in strips, and zoomed in a process of its own with a tiny network (or other weights), so that the
peak is that of one photo. Memory, in 10⁶ bytes, is the largest resident set.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from peak import peak_gigabytes

from opticalzoom.engines.backends import load_engine
from opticalzoom.engines.checkpoint import save_model
from opticalzoom.models import build
from opticalzoom.photo.bands import Header
from opticalzoom.photo.encode import write_bands
from opticalzoom.weights.card import ModelCard
from opticalzoom.weights.computing import MEMORY, PRECISIONS, Backend, Precision
from opticalzoom.zooming.zoomer import Zoomer

_ROWS = 256


def texture(width: int, height: int, dtype: np.dtype) -> Iterator[np.ndarray]:
    """Bands of soft noise."""
    noise = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (_ROWS // 8, -(-width // 8), 3), dtype)
    band = noise.repeat(8, axis=0).repeat(8, axis=1)[:, :width]
    for top in range(0, height, _ROWS):
        yield band[: height - top]


def zoom_once(
    weights: str, backend: Backend, precision: Precision, source: str, target: str, memory: str
) -> dict[str, float]:
    """In a fresh process: load everything, then zoom one file."""
    zoomer = Zoomer(load_engine(weights, backend, precision), memory=int(memory))
    before = peak_gigabytes() * 1e3
    start = time.perf_counter()
    zoomer.zoom_to(Path(source), Path(target))
    return {"seconds": time.perf_counter() - start, "before": before, "rise": peak_gigabytes() * 1e3 - before}


def measure(args: argparse.Namespace, megapixels: float, folder: Path) -> dict[str, object]:
    """Make one photo, and zoom it in another process."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    width, dtype = round(height * 4 / 3), np.dtype(f"uint{args.bits}")
    source, target = folder / f"photo{args.source}", folder / f"zoomed{args.target}"
    write_bands(source, Header((height, width, 3), dtype), texture(width, height, dtype), overwrite=True)
    command = [
        sys.executable,
        __file__,
        "--once",
        args.weights,
        args.backend,
        args.precision,
        str(source),
        str(target),
        str(args.memory),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures = json.loads(done.stdout)
    size = target.stat().st_size
    target.unlink()
    return {"input": [height, width], "bits": args.bits, "output_bytes": size, **figures}


def main() -> None:
    if sys.argv[1:2] == ["--once"]:
        print(json.dumps(zoom_once(*sys.argv[2:])))  # type: ignore[arg-type]
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", metavar="FILE", help="weights file or bundled name (default: a tiny network)")
    parser.add_argument("--backend", choices=PRECISIONS, default="torch", help="what computes (default: torch)")
    parser.add_argument("--precision", choices=PRECISIONS["torch"], default="float32")
    parser.add_argument("--scale", type=int, default=3, help="of the tiny network")
    parser.add_argument("--megapixels", type=float, nargs="+", default=(12, 48, 200))
    parser.add_argument("--bits", type=int, choices=(8, 16), default=8)
    parser.add_argument("--source", default=".tif", help="suffix of the photo")
    parser.add_argument("--target", default=".tif", help="suffix of the result")
    parser.add_argument("--memory", type=int, default=MEMORY, help="bytes that may be in use")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.weights is None:
            torch.manual_seed(0)
            arguments = {"scale": args.scale, "features": 8, "blocks": 1}
            card = ModelCard("srresnet_lite", arguments)
            args.weights = str(save_model(folder / "tiny.safetensors", build("srresnet_lite", **arguments), card))
        engine = load_engine(args.weights, args.backend, args.precision)  # exports: not in what is measured
        figures = {
            "source": args.source,
            "target": args.target,
            "memory": args.memory,
            "weights": Path(args.weights).name,
            "backend": args.backend,
            "precision": args.precision,
            "bytes_per_pixel": engine.bytes_per_pixel,
            "streams": engine.streams,
            "photos": [measure(args, megapixels, folder) for megapixels in args.megapixels],
        }
    text = json.dumps(figures, indent=2)
    print(text)
    if args.json:
        Path(args.json).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
