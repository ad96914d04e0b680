"""Size and time of the two installations, and what help and the zoom of a small photo cost in each.

    python benchmarks/installation.py --output docs/results/installation.json

Each installation is made in a fresh virtual environment (pip's cache and the versions of constraints.txt are used).
Times of commands are medians of five, the first one left out; memory is the largest resident set.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
from PIL import Image

from opticalzoom.parallel.processor import processor_name

REPOSITORY = Path(__file__).parents[1]
INSTALLATIONS = {"small": ".", "train": ".[train]"}
TIMES = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    output = parser.parse_args().output
    found = {"processor": processor_name()}
    for name, requirement in INSTALLATIONS.items():
        found[name] = measure(requirement)
        print(name, json.dumps(found[name]))
    output.write_text(json.dumps(found, indent=1) + "\n")


def measure(requirement: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        pip = [folder / "venv" / "bin" / "pip", "install", "--quiet", "-c", REPOSITORY / "constraints.txt", requirement]
        start = time.perf_counter()
        subprocess.run(pip, cwd=REPOSITORY, check=True)
        found = {"install seconds": round(time.perf_counter() - start)}
        disk = subprocess.run(["du", "-sm", folder / "venv"], capture_output=True, text=True, check=True)
        found["megabytes on disk"] = int(disk.stdout.split()[0])
        program = str(folder / "venv" / "bin" / "opticalzoom")
        pixels = np.random.default_rng(0).integers(0, 256, (29, 41, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((406, 290), Image.Resampling.BICUBIC).save(folder / "a.jpg", quality=95)
        zoom = [program, "zoom", str(folder / "a.jpg"), "-o", str(folder / "out"), "--overwrite"]
        for label, command in {"help": [program, "zoom", "--help"], "zoom": zoom}.items():
            runs = [run(command, folder) for _ in range(TIMES + 1)][1:]
            found[f"{label} seconds"] = round(statistics.median(seconds for seconds, _ in runs), 2)
            found[f"{label} megabytes"] = round(max(peak for _, peak in runs))
    return found


def run(command: list[str], home: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of a process, without what was found fastest on this machine before."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "HOME": str(home)})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
