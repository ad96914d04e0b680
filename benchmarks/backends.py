"""Seconds per megapixel, peak memory and GFLOP/s of every backend and precision, beside bare convolutions.

    python benchmarks/backends.py --json docs/results/backends.json --markdown docs/results/backends.md

A tile of each size is zoomed in every backend, precision and number of threads that works here; each in a process of
its own, for its peak memory and so that no library's threads disturb another's. Every process also runs the network's
convolutions alone, on tensors of the same shapes in PyTorch's better memory format, in turns with the zoom: what else
the machine does falls on both alike, and the ratio is what to look at. They are in the same precision, but for float16,
which is compared with float32. The result is compared with PyTorch in float32.
An engine that computes several tiles at once gets as many, and the time is that of one; the memory is that of all.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from bare import FORMATS, bare, convolutions, operations, seconds
from peak import peak_gigabytes
from zoom import texture

from opticalzoom.engines.backends import load_engine
from opticalzoom.engines.checkpoint import load_model
from opticalzoom.engines.engine import Array
from opticalzoom.engines.torch_engine import TorchEngine
from opticalzoom.errors import OpticalZoomError
from opticalzoom.parallel.pipeline import at_once
from opticalzoom.weights.computing import PRECISIONS, Precision
from opticalzoom.weights.contract import Contract

LIMIT = 120
"""Seconds of a process: half precision that the processor doesn't have takes a hundred times as long."""


def measure(args: argparse.Namespace) -> dict[str, object]:
    """One backend, precision, number of threads and size of tile, in this process."""
    torch.set_num_threads(args.threads[0])
    side = args.tiles[0]
    model = load_model(args.weights)
    channels = cast(Contract, model.contract).channels
    pixels = texture(side, side).transpose(2, 0, 1)[None].astype(np.float32) / 255
    x = np.concatenate((pixels, pixels[:, :1]), 1) if channels == 4 else pixels
    before = peak_gigabytes()
    start = time.perf_counter()
    engine = load_engine(args.weights, args.backend, args.precision)
    starting = time.perf_counter() - start

    def zoom() -> list[Array]:
        return list(at_once(engine, [x] * engine.streams, engine.streams))

    image = zoom()[0]
    rise = peak_gigabytes() - before
    difference = float(np.abs(image - TorchEngine(model)(x)).max())
    found = convolutions(model, x)
    work = operations(found) / 1e9
    # float16 takes PyTorch minutes on processors without it.
    precision: Precision = "float32" if args.precision == "float16" else args.precision
    together, *alone = seconds([zoom, *(bare(found, kind, precision) for kind in FORMATS)], args.repetitions)
    zooming = together / engine.streams
    return {
        "backend": args.backend,
        "precision": args.precision,
        "threads": args.threads[0],
        "tile": side,
        "streams": engine.streams,
        "seconds_per_megapixel": zooming / (side**2 / 1e6),
        "gflops": work / zooming,
        "bare_gflops": work / min(alone),
        "of_bare": min(alone) / zooming,
        "difference": difference,
        "start_seconds": starting,
        "rise_gigabytes": rise,
    }


def measured(backend: str, precision: str, threads: int, tile: int, args: argparse.Namespace) -> dict[str, object]:
    """:func:`measure` in a process of its own; what does not work here says why."""
    command = [sys.executable, __file__, "--one", backend, precision, "--threads", str(threads), "--tiles", str(tile)]
    command += ["--weights", args.weights, "--repetitions", str(args.repetitions)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
        if not done.returncode:
            return json.loads(done.stdout.splitlines()[-1])
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
    except subprocess.TimeoutExpired:
        reason = f"not done in {LIMIT} seconds"
    return {"backend": backend, "precision": precision, "threads": threads, "tile": tile, "failed": reason}


def table(rows: list[dict[str, Any]], versions: dict[str, str], args: argparse.Namespace) -> str:
    """Markdown."""
    lines = [
        f"# Backends and precisions, {args.weights}",
        "",
        f"`python benchmarks/backends.py`, median of {args.repetitions}; bare: the network's convolutions alone, in "
        f"turns with the zoom. {', '.join(f'{name} {number}' for name, number in versions.items())}.",
        "",
        "| backend | precision | threads | tile | s per megapixel | GFLOP/s | of bare | difference | memory, GB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        name = f"| {row['backend']} | {row['precision']} | {row['threads']} | {row['tile']} "
        if "failed" in row:
            lines.append(f"{name}| {row['failed']} | | | | |")
        else:
            lines.append(
                f"{name}| {row['seconds_per_megapixel']:.1f} | {row['gflops']:.0f} | {row['of_bare']:.0%} "
                f"| {row['difference']:.1e} | {row['rise_gigabytes']:.2f} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="city100-x3", metavar="FILE", help="weights file, or bundled name")
    parser.add_argument("--tiles", type=int, nargs="+", default=[128, 320], metavar="SIDE")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--backends", nargs="+", default=list(PRECISIONS), choices=PRECISIONS)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--markdown", type=Path, help="write the table there")
    parser.add_argument("--one", nargs=2, metavar=("BACKEND", "PRECISION"), help="measure only this, in this process")
    args = parser.parse_args()
    if args.one:
        args.backend, args.precision = args.one
        try:
            print(json.dumps(measure(args)))
        except OpticalZoomError as error:
            sys.exit(str(error))
        return
    kinds = [(backend, precision) for backend in args.backends for precision in PRECISIONS[backend]]
    for kind in kinds:
        with suppress(OpticalZoomError):  # exported now, and not in a process whose memory is measured
            load_engine(args.weights, *kind)
    rows = []
    for tile in args.tiles:
        for threads in args.threads:
            for backend, precision in kinds:
                rows.append(measured(backend, precision, threads, tile, args))
                print(rows[-1], flush=True)
    versions = {name: version(name) for name in PRECISIONS}
    if args.json:
        report = {"machine": platform.processor() or platform.machine(), "versions": versions, "rows": rows}
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if args.markdown:
        args.markdown.write_text(table(rows, versions, args), encoding="utf-8")


if __name__ == "__main__":
    main()
