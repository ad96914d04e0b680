"""Ours against libvips' own savers: a photo that comes in bands, written with EXIF and profile, on one core.

    python benchmarks/savers.py --json docs/results/savers.json --markdown docs/results/savers.md

libvips has no source to which raw rows can be pushed: it is given them as an uncompressed PNG that is made as it reads.
Each file is written in a process of its own, both ways in turn; of the repetitions the median counts. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyvips
from PIL import Image, ImageCms

from opticalzoom.parallel.processor import processor_name
from opticalzoom.photo.bands import Header
from opticalzoom.photo.carried.described import describe
from opticalzoom.photo.encode import write_bands
from opticalzoom.photo.exif import PREFIX, parse

KINDS = ((".png", 8), (".png", 16), (".tif", 8), (".tif", 16), (".jpg", 8), (".webp", 8))
EXIF = Image.Exif()
EXIF[0x010F], EXIF[0x0110] = "Nikon", "D780"
OPTIONS = {
    ".png": {"compression": 6, "filter": "all"},
    ".tif": {"compression": "deflate", "predictor": "horizontal"},
    ".jpg": {"Q": 95, "subsample_mode": "off"},
    ".webp": {"Q": 95, "exact": True},
}
"""What makes libvips write what ours write: full colour resolution, adaptive filters, differences."""
ROWS = 192


def bands(height: int, width: int, bits: int) -> Iterator[np.ndarray]:
    """Edges and noise at several scales, the same rows again and again."""
    random = np.random.default_rng(0)
    row = sum(
        cv2.resize(random.random((side, side, 3), np.float32), (width, ROWS), interpolation=cv2.INTER_CUBIC)
        for side in (8, 64, 512)
    )
    row = np.rint((row / 3).clip(0, 1) * (2**bits - 1)).astype(f"uint{bits}")
    for top in range(0, height, ROWS):
        yield row[: height - top]


def as_png(header: Header, rows: Iterator[np.ndarray], bits: int) -> Iterator[bytes]:
    """The chunks of an uncompressed PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width, _ = header.shape
    yield b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBxxx", width, height, bits, 2))
    deflate = zlib.compressobj(0)
    for band in rows:
        stored = np.ascontiguousarray(band, band.dtype.newbyteorder(">")).view(np.uint8).reshape(len(band), -1)
        yield chunk(b"IDAT", deflate.compress(np.pad(stored, ((0, 0), (1, 0))).tobytes()))
    yield chunk(b"IDAT", deflate.flush()) + chunk(b"IEND", b"")


def write_by_libvips(path: Path, header: Header, rows: Iterator[np.ndarray], bits: int) -> None:
    """The same file by libvips."""
    chunks, held = as_png(header, rows, bits), b""

    def read(size: int) -> bytes:
        nonlocal held
        held = held or next(chunks, b"")
        part, held = held[:size], held[size:]
        return part

    source = pyvips.SourceCustom()
    source.on_read(read)
    image = pyvips.Image.pngload_source(source, access="sequential").copy()
    image.set_type(pyvips.GValue.blob_type, "exif-data", PREFIX + (header.exif or b""))
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", header.icc)
    image.write_to_file(str(path), **OPTIONS[path.suffix])


def write_once(way: str, path: Path, bits: int, height: int, width: int) -> dict[str, float | bool]:
    """Write a file in this process; processor seconds, peak of memory over the start in MB, MB of the file."""
    cv2.setNumThreads(1)
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    header = Header((height, width, 3), np.dtype(f"uint{bits}"), EXIF.tobytes()[len(PREFIX) :], icc)
    rows = bands(height, width, bits)
    next(bands(height, width, bits))
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, start = memory("VmHWM"), time.process_time()
    if way == "ours":
        write_bands(path, header, rows)
    else:
        write_by_libvips(path, header, rows, bits)
    taken, peak = time.process_time() - start, memory("VmHWM") - before
    found = {"seconds": taken, "memory": peak, "size": path.stat().st_size / 1e6}
    if path.suffix != ".tif":  # whose EXIF is no block but a directory of the file
        found["exif_kept"] = (describe(parse(header.exif or b""), height, width).block or b"") in path.read_bytes()
    return found


def memory(name: str) -> float:
    """Of this process, in 10⁶ bytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024 / 1e6


def measure(suffix: str, bits: int, args: argparse.Namespace) -> dict[str, object]:
    """Medians of both ways, and libvips' over ours."""
    found: dict[str, list[dict[str, float]]] = {"ours": [], "libvips": []}
    for _ in range(args.repetitions):
        for way, results in found.items():
            with tempfile.TemporaryDirectory() as folder:
                words = [way, f"{folder}/a{suffix}", str(bits), *map(str, args.size)]
                command = [sys.executable, __file__, "--once", *words]
                environment = os.environ | {"VIPS_CONCURRENCY": "1", "OMP_NUM_THREADS": "1"}
                done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
                results.append(json.loads(done.stdout))
    medians = {
        way: {key: round(statistics.median(one[key] for one in results), 3) for key in results[0]}
        for way, results in found.items()
    }
    ratio = round(medians["libvips"]["seconds"] / medians["ours"]["seconds"], 2)
    return {"format": suffix, "bits": bits, **medians, "libvips_over_ours": ratio}


def table(rows: list[dict[str, Any]], args: argparse.Namespace) -> str:
    """The rows for people."""
    height, width = args.size
    lines = [
        "# Writing photos: ours and libvips' savers",
        "",
        f"`python benchmarks/savers.py`, {width}×{height} pixels, one shared core of an {processor_name()},",
        f"libvips {'.'.join(str(pyvips.version(part)) for part in range(3))}; medians of {args.repetitions}. Processor",
        "seconds, and the peak of memory over the start in MB. EXIF is kept if the block is, byte by byte,",
        "the one that was given, but for size and orientation; in TIFF it is no block.",
        "",
        "| format | bits | ours / s | libvips / s | ratio | ours / MB | libvips / MB | file: ours / MB | libvips / MB "
        "| EXIF kept: ours | libvips |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|---|",
    ]
    for row in rows:
        ours, theirs = row["ours"], row["libvips"]
        kept = ({1: "yes", 0: "no"}.get(one.get("exif_kept"), "–") for one in (ours, theirs))
        cells = [row["format"], str(row["bits"]), f"{ours['seconds']:.2f}", f"{theirs['seconds']:.2f}"]
        cells += [f"{row['libvips_over_ours']:.2f}", f"{ours['memory']:.0f}", f"{theirs['memory']:.0f}"]
        cells += [f"{ours['size']:.1f}", f"{theirs['size']:.1f}", *kept]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    if sys.argv[1:2] == ["--once"]:
        way, path, *numbers = sys.argv[2:]
        print(json.dumps(write_once(way, Path(path), *map(int, numbers))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs=2, default=(3000, 4000), metavar=("H", "W"))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    args = parser.parse_args()
    rows = [measure(suffix, bits, args) for suffix, bits in KINDS]
    text = table(rows, args)
    print(text)
    if args.json:
        found = {"processor": processor_name(), "rows": rows}
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
