"""The verb ``export``: weights as an ONNX or ncnn file for other programs and runtimes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from opticalzoom.cli.console import results_console, say
from opticalzoom.cli.value_types import VerbParser
from opticalzoom.weights.exported import ExportPrecision


def run_export(arguments: list[str]) -> int:
    """``opticalzoom export``: writes the file, checks it in the runtimes that are installed, and says how exact it is.

    Raises:
        OpticalZoomError: the weights cannot be used, a package is missing, the file is there already or cannot be
            written, or what it computes differs from PyTorch.
    """
    args = _parser().parse_args(arguments)
    from opticalzoom.engines.checkpoint import load_model
    from opticalzoom.engines.exporting.checked_export import export_model
    from opticalzoom.weights.card import read_card

    path = Path(args.output)
    card, model = read_card(args.weights), load_model(args.weights)
    with results_console().status(f"Exporting {args.weights}"):
        differences = export_model(model, path, args.precision, card.white_balance, overwrite=args.overwrite)
    for runtime, difference in differences.items():
        say(f"{runtime}: differs from PyTorch by at most {difference:.1e}")
    say(f"{args.weights} → {path}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = VerbParser(
        prog="opticalzoom export",
        description="Write weights as ONNX or ncnn, for pictures of any size; how to use them is in docs/export.md.",
    )
    parser.add_argument("weights", metavar="WEIGHTS", help="a weights file, or bundled weights by name")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="the .onnx file to write, or a .param (ncnn: with .bin and .json)",
    )
    parser.add_argument(
        "--precision",
        choices=get_args(ExportPrecision),
        default="float32",
        help="of weights and computing, ONNX only; input and result stay float32 (default: float32)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there already")
    return parser
