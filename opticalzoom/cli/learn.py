"""The verb ``learn``: photograph a few scenes twice, and the lens is learned, judged and installed."""

from __future__ import annotations

import argparse
import os

from opticalzoom.cli.console import results_console, say, say_plainly
from opticalzoom.cli.value_types import VerbParser, duration
from opticalzoom.weights.contract import SCALES

_BUDGET = 900.0


def run_learn(arguments: list[str]) -> int:
    """``opticalzoom learn``: writes weights and report.html for each lens of a card, and installs those that win.

    Raises:
        OpticalZoomError: there is nothing to learn from, or the output cannot be written.
        KeyboardInterrupt: after Ctrl-C; the same command goes on.
    """
    args = _parser().parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave the core to others
    from opticalzoom.pages.tables import json_document
    from opticalzoom.training.learning.learn_lens import learn_card

    try:
        results = learn_card(
            args.photos,
            args.output,
            budget=args.budget,
            scale=args.scale,
            overwrite=args.overwrite,
            install_winners=not args.no_install,
            console=None if args.json else results_console(),
        )
    except KeyboardInterrupt:
        if not args.json:
            say(f"Stopped. What is finished is kept in {args.output}; the same command goes on.")
        raise
    if args.json:
        say_plainly(json_document([result.to_dict() for result in results], indent=1).rstrip())
        return 0
    for result in results:
        say(f"Report: {result.report}")
        if result.installed:
            say(f"Installed: {result.installed}. From now on: opticalzoom zoom PHOTO")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = VerbParser(
        prog="opticalzoom learn",
        description="Learn the lenses of a card. Photograph a few scenes twice from one place, zoomed out and zoomed "
        "in; scenes and pairs are found, registered, learned from and judged, and what wins is installed for zoom. "
        "Run it again to go on after an interruption.",
    )
    parser.add_argument(
        "photos",
        metavar="CARD",
        nargs="+",
        help="folder of photos and RAW files, with all folders in it; or photos; or what prepare wrote; "
        "or a folder with x and y",
    )
    parser.add_argument("-o", "--output", default="learned", metavar="FOLDER", help="of all results (default: learned)")
    parser.add_argument(
        "--budget", type=duration, default=_BUDGET, metavar="TIME", help="for everything, as 60s or 15m (default: 15m)"
    )
    parser.add_argument("--scale", type=int, choices=SCALES, help="by default what most pairs of a lens suit")
    parser.add_argument("--no-install", action="store_true", help="leave the library of lenses as it is")
    parser.add_argument("--overwrite", action="store_true", help="replace what was learned from other photos")
    parser.add_argument("--json", action="store_true", help="print the results as JSON, and nothing else")
    return parser
