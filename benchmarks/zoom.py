"""Speed of zooming a photo, from file to file; memory is what memory.py measures.

    python benchmarks/zoom.py --json docs/results/zoom.json

A deterministic picture of noise at several scales is zoomed on the CPU, as the verb `zoom` does it: reading, computing
and writing overlap. The network's convolutions alone, on one tile in PyTorch, are timed before and after it: what share
of their speed in the same precision the whole reaches, counting only what the photo itself takes, not the overlaps of
tiles.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path
from typing import Literal, cast

import cv2
import numpy as np
import torch
from bare import FORMATS, bare, convolutions, operations, seconds
from torch import nn

from opticalzoom.engines.checkpoint import load_model
from opticalzoom.photo.photograph import Photo, write_photo
from opticalzoom.weights.computing import PRECISIONS, Backend, Precision
from opticalzoom.weights.contract import Contract
from opticalzoom.zooming.zoomer import load_zoomer

TILE = 256


def texture(height: int, width: int) -> np.ndarray:
    """H×W×3 uint8. A repeated patch, so that making it needs less memory than zooming it."""
    random = np.random.default_rng(0)
    patch = np.zeros((512, 512, 3), np.float32)
    for side in (8, 64, 512):
        noise = random.random((side, side, 3), np.float32)
        patch += cv2.resize(noise, (512, 512), interpolation=cv2.INTER_CUBIC) / 3
    small = np.rint(patch.clip(0, 1) * 255).astype(np.uint8)
    return np.tile(small, (-(-height // 512), -(-width // 512), 1))[:height, :width].copy()


def bare_gflops(model: nn.Module, precision: Precision) -> float:
    """What PyTorch reaches with the network's convolutions on one tile, in its better memory format."""
    found = convolutions(model, np.zeros((1, cast(Contract, model.contract).channels, TILE, TILE), np.float32))
    return operations(found) / 1e9 / min(seconds([bare(found, kind, precision) for kind in FORMATS], repetitions=5))


def measure(
    weights: str, backend: Backend | Literal["auto"], precision: Precision, size: tuple[int, int], suffix: str
) -> dict[str, object]:
    """Zoom one photo and report."""
    height, width = size
    model = load_model(weights)
    alone = bare_gflops(model, precision)
    small = convolutions(model, np.zeros((1, cast(Contract, model.contract).channels, 8, 8), np.float32))
    work = operations(small) / 64 / 1e9
    zoomer = load_zoomer(weights, backend=backend, precision=precision)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / f"photo{suffix}", Path(folder) / f"zoomed{suffix}"
        write_photo(source, Photo(texture(height, width)))
        start = time.perf_counter()
        zoomer.zoom_to(source, target)
        taken = time.perf_counter() - start
    alone = (alone + bare_gflops(model, precision)) / 2
    megapixels, scale = height * width / 1e6, zoomer.contract.scale
    return {
        "weights": Path(weights).name,
        "format": suffix,
        "input": [height, width],
        "scale": scale,
        "threads": torch.get_num_threads(),
        "engine": type(zoomer.engine).__name__,
        "precision": precision,
        "seconds": taken,
        "input_megapixels_per_second": megapixels / taken,
        "output_megapixels_per_second": megapixels * scale**2 / taken,
        "gflops": work * height * width / taken,
        "bare_gflops": alone,
        "of_bare": work * height * width / taken / alone,
        "torch": torch.__version__,
        "machine": platform.processor() or platform.machine(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="city100-x3", metavar="FILE", help="weights file, or bundled name")
    parser.add_argument("--backend", choices=("auto", *PRECISIONS), default="auto")
    parser.add_argument("--precision", choices=PRECISIONS["torch"], default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, nargs=2, default=(3000, 4000), metavar=("H", "W"), help="of the photo")
    parser.add_argument("--format", choices=(".jpg", ".png", ".tif"), default=".jpg", help="of both files")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    text = json.dumps(measure(args.weights, args.backend, args.precision, args.size, args.format), indent=2)
    print(text)
    if args.json:
        Path(args.json).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
