"""How right matched offsets are: patches of City100 whose displacement is known.

python benchmarks/matching.py --data City100 --json docs/results/matching.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from opticalzoom.models.align import inside_mask
from opticalzoom.models.matching import match
from opticalzoom.pairs.patches import to_tensor
from opticalzoom.pairs.prepare import both_grids
from opticalzoom.pairs.simulate import Misalignment
from opticalzoom.pairs.sources import open_source
from opticalzoom.pairs.warp import sample

SCALE, PATCH, PAIRS, PATCHES = 3, 48, 12, 4
STRENGTHS = ((0, 0), (12, 2), (12, 6), (24, 2), (40, 4), (80, 6))
"""Largest displacement of the homography's corners and of the local field, pixels of Y."""


def patches(data: str, strength: float, local: float) -> tuple[Tensor, Tensor, Tensor]:
    """X and Y', N×3×48×48, and the true displacement N×2×48×48 in input pixels."""
    source = open_source(data, "city100", scale=SCALE)
    rng, side = np.random.default_rng(0), PATCH * SCALE
    found = []
    for name in source.names("train")[:PAIRS]:
        pair = source.load(name)
        small, _ = both_grids(pair, SCALE)
        field = Misalignment(strength, local).field(name, *pair.y.shape[:2])
        moved = sample(pair.y, field)
        for _ in range(PATCHES):
            row, column = (int(rng.integers(0, length - PATCH)) for length in small.shape[:2])
            y_part = slice(row * SCALE, row * SCALE + side), slice(column * SCALE, column * SCALE + side)
            x = to_tensor(small[row : row + PATCH, column : column + PATCH])
            true = torch.from_numpy(np.ascontiguousarray(field[y_part].transpose(2, 0, 1)))
            found.append((x, avg_pool2d(to_tensor(moved[y_part]), SCALE), avg_pool2d(true, SCALE) / SCALE))
    x, y, true = (torch.stack(part) for part in zip(*found, strict=True))
    return x, y, true


def errors(data: str, strength: float, local: float, radius: int) -> dict[str, float]:
    """End-point errors in input pixels, over what stays inside the patch."""
    x, y, true = patches(data, strength, local)
    distance = (match(x, y, radius) - true).norm(dim=1, keepdim=True)[inside_mask(true).bool()]
    row = {"strength": strength, "local": local, "largest_true": float(true.norm(dim=1).max())}
    return row | {"median": float(distance.median()), "percentile_95": float(distance.quantile(0.95))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, metavar="FOLDER")
    parser.add_argument("--radius", type=int, default=2, help="of block matching")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    rows = [errors(args.data, *strength, args.radius) for strength in STRENGTHS]
    print("| homography (px of Y) | local field | largest displacement (input px) | median error | 95 % |")
    print("|---:|---:|---:|---:|---:|")
    for row in rows:
        print("| {strength} | {local} | {largest_true:.1f} | {median:.2f} | {percentile_95:.2f} |".format(**row))
    if args.json:
        args.json.write_text(json.dumps({"radius": args.radius, "seed": 0, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
