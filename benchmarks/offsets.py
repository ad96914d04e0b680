"""End-point error of a model's offsets on pairs with known displacement, as it sees them in training: {X, Y'}.

    python benchmarks/offsets.py --weights sdan_plus --data /path/to/City100

Lengths are in pixels of the network's grid, which are those of X but for RAW. A picture for each row shows the true and
the model's offsets of its first pair, in the same colours.
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from rich.progress import track

from opticalzoom.engines.checkpoint import load_model
from opticalzoom.evaluation.offsets import KnownOffsets, estimate, known_offsets
from opticalzoom.files import write_text
from opticalzoom.metrics import end_point_error
from opticalzoom.models import MODELS, ZoomModel, build
from opticalzoom.pages.flow_pictures import flow_limit, flow_picture
from opticalzoom.pages.pictures import Picture, beside, label, save_picture
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import Source, SourceName, Split, open_source

LOCAL = 2.0
"""Pixels of Y: the smooth local field on top, as `opticalzoom misalign` has it."""


def measure(model: ZoomModel, source: Source, names: list[str], moves: Misalignment, patch: int) -> dict[str, float]:
    """Errors over all known pixels of all pairs, and how far those were moved."""
    errors, lengths = [], []
    for name in track(names, f"{moves.strength:g} px of Y, parallax {moves.parallax:g}", transient=True):
        pair = known_offsets(source, name, model.contract, moves)
        for part in pair.patches(patch) if patch else [pair]:
            errors.append(end_point_error(estimate(model, part), part.truth, part.findable))
            lengths.append(end_point_error(torch.zeros_like(part.truth), part.truth, part.findable))
    error, length = (torch.cat(parts).numpy() for parts in (errors, lengths))
    found = {"moved": length, "error": error}
    return {f"{key}_{q}": float(np.percentile(values, q)) for key, values in found.items() for q in (50, 95)}


def picture(model: ZoomModel, pair: KnownOffsets) -> Picture:
    """The true and the model's offsets side by side, in the same colours."""
    truth, found = (field[0].permute(1, 2, 0).numpy() for field in (pair.truth, estimate(model, pair)))
    limit = flow_limit(truth)
    return beside([label(flow_picture(truth, limit), "truth"), label(flow_picture(found, limit), "offsets")])


HEADINGS = ("corners / px", "parallax / px", "moved / px", "95% / px", "median error / px", "95% / px")


def table(result: dict[str, Any]) -> str:
    keys = ("moved_50", "moved_95", "error_50", "error_95")
    lines = [
        f"| {row['strength']:g} | {row['parallax']:g} | {' | '.join(f'{row[key]:.2f}' for key in keys)} |"
        for row in result["rows"]
    ]
    seen = f"patches of {result['patch']}×{result['patch']}" if result["patch"] else "whole pictures"
    return "\n".join(
        [
            f"# Offsets of {result['weights']} against the truth",
            "",
            f"{{X, Y'}} of {len(result['pairs'])} pairs, {seen}; pixels of the network's grid, all known pixels of all",
            f"pairs together. {LOCAL:g} px of Y are local. Made by",
            f"`{result['command']}`.",
            "",
            f"| {' | '.join(HEADINGS)} |",
            "|---" * len(HEADINGS) + "|",
            *lines,
            "",
        ]
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True, help="weights, or a model's name for one that learned nothing")
    parser.add_argument("--data", required=True, help="folder of aligned pairs, as City100, or of photos")
    parser.add_argument("--source", choices=get_args(SourceName), default="auto", help="kind of pairs")
    parser.add_argument("--split", choices=get_args(Split), default="test", help="which pairs")
    parser.add_argument("--scale", type=int, default=3, help="of a model that learned nothing")
    parser.add_argument(
        "--strengths", nargs="+", type=float, default=[0, 1, 2, 4, 8], help="of corners, in grid pixels"
    )
    parser.add_argument("--parallax", nargs="+", type=float, default=[0, 4], help="in grid pixels")
    parser.add_argument("--patch", type=int, default=0, help="side in grid pixels; 0 for whole pictures")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results/offsets"), help="where results go")
    return parser.parse_args()


def main() -> None:
    args = parse()
    untrained = args.weights in MODELS
    torch.manual_seed(0)
    model = (build(args.weights, scale=args.scale) if untrained else load_model(args.weights)).eval()
    source = open_source(args.data, args.source, scale=model.contract.scale)
    names, factor = source.names(args.split), model.contract.grid_factor
    stem, rows = Path(args.weights).stem, []
    file = f"{stem}-patches{args.patch}" if args.patch else stem
    for strength, parallax in product(args.strengths, args.parallax):
        moves = Misalignment(strength * factor, LOCAL if strength else 0.0, parallax=parallax * factor)
        rows.append({"strength": strength, "parallax": parallax, **measure(model, source, names, moves, args.patch)})
        shown = picture(model, known_offsets(source, names[0], model.contract, moves))
        save_picture(args.output / f"{file}-{strength:g}px-parallax{parallax:g}.png", shown, overwrite=True)
    options = {"strengths": args.strengths, "parallax": args.parallax, "patch": [args.patch]}
    command = f"python benchmarks/offsets.py --weights {stem} --data {Path(args.data).name} --split {args.split}"
    command += "".join(f" --{key} {' '.join(f'{v:g}' for v in values)}" for key, values in options.items())
    result = {"weights": stem, "pairs": names, "patch": args.patch, "command": command, "seed": 0, "rows": rows}
    write_text(args.output / f"{file}.json", json.dumps(result, indent=2) + "\n", overwrite=True)
    write_text(args.output / f"{file}.md", table(result), overwrite=True)
    print(table(result))


if __name__ == "__main__":
    main()
