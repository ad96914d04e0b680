"""Registration on City100 with injected, and so known, misalignment: accuracy, trusted pixels, wrong pairs.

    python benchmarks/registration.py --data /path/to/City100 -o docs/results

X is L as shipped, Y is H moved by the misalignment; errors are against the true displacement, on trusted pixels.
City100 itself is aligned to about 0.3 px, so no error can be smaller than that.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.progress import track

from opticalzoom.files import write_text
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import Source, open_source
from opticalzoom.registration.same_view import register
from opticalzoom.registration.warp import inside, invert, sample

STRENGTHS = ((0, 0), (12, 2), (24, 2), (40, 4), (80, 6))  # (corners, local field) in pixels of Y


def measure(source: Source, name: str, misalignment: Misalignment) -> dict[str, float]:
    pair = source.load(name)
    height, width = pair.y.shape[:2]
    field = misalignment.field(name, height, width)
    moved, truth = sample(pair.y, field), invert(field)
    start = time.perf_counter()
    found = register(moved, pair.x, scale=source.scale)
    seconds = time.perf_counter() - start
    known = inside(truth, height, width)
    counted = found.trusted & known
    error = np.linalg.norm(found.field - truth, axis=-1)[counted]
    mean_square = np.square(found.warp(moved)[counted].astype(np.float64) - pair.y[counted]).mean()
    return {
        "error_median": float(np.median(error)),
        "error_95": float(np.percentile(error, 95)),
        "psnr": float(10 * np.log10(255**2 / mean_square)),
        "trusted": float(counted.sum() / known.sum()),
        "accepted": float(found.ok),
        "seconds": seconds,
    }


def wrong_accepted(source: Source, names: list[str]) -> int:
    """How many pairs of different scenes are accepted."""
    loaded = [source.load(name) for name in names]
    return sum(register(b.y, a.x, scale=source.scale).ok for a, b in pairwise(loaded))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder of City100")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"), help="where the table goes")
    parser.add_argument("--pairs", type=int, default=20, help="how many training pairs")
    args = parser.parse_args()
    source = open_source(args.data, "city100", scale=3)
    names = source.names("train")[: args.pairs]
    rows = []
    for strength, local in STRENGTHS:
        found = [measure(source, n, Misalignment(strength, local)) for n in track(names, f"{strength} px")]
        summary = {key: float(np.median([f[key] for f in found])) for key in found[0]}
        summary["accepted"] = sum(f["accepted"] for f in found)
        rows.append({"strength": strength, "local": local, **summary})
    wrong = wrong_accepted(source, names)
    result = {"pairs": len(names), "seed": 0, "rows": rows, "wrong_pairs": len(names) - 1, "wrong_accepted": wrong}
    write_text(args.output / "registration.json", json.dumps(result, indent=2) + "\n", overwrite=True)
    write_text(args.output / "registration.md", table(result), overwrite=True)
    print(table(result))


HEADINGS = (
    "misalignment / px",
    "median error / px",
    "95% / px",
    "PSNR to truth / dB",
    "trusted",
    "accepted",
    "s a pair",
)


def table(result: dict) -> str:
    lines = [
        f"| {r['strength']} + {r['local']} local | {r['error_median']:.2f} | {r['error_95']:.2f} | {r['psnr']:.1f} "
        f"| {r['trusted']:.0%} | {r['accepted']:.0f} of {result['pairs']} | {r['seconds']:.1f} |"
        for r in result["rows"]
    ]
    return "\n".join(
        [
            "# Registration on City100 (Nikon) with known misalignment",
            "",
            "Pixels of Y; medians over the pairs, errors on trusted pixels. Made by",
            "`python benchmarks/registration.py --data City100`, seed 0.",
            "",
            f"| {' | '.join(HEADINGS)} |",
            "|---" * len(HEADINGS) + "|",
            *lines,
            "",
            f"Pairs of different scenes accepted: {result['wrong_accepted']} of {result['wrong_pairs']}.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
