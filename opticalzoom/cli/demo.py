"""The verb ``demo``: misaligned pairs, registration, a minute's training, scores, a zoomed photo and a page."""

from __future__ import annotations

import argparse
from pathlib import Path

from opticalzoom.cli.console import results_console, say
from opticalzoom.cli.value_types import VerbParser, positive_number
from opticalzoom.files import real_path

_SECONDS = 60.0


def run_demo(arguments: list[str]) -> int:
    """``opticalzoom demo``: leaves index.html and its pictures in the output folder.

    Raises:
        OpticalZoomError: scikit-image or the bundled weights are missing, or there is a page already.
        KeyboardInterrupt: after Ctrl-C, during training too.
    """
    args = _parser().parse_args(arguments)
    from opticalzoom.pages.demonstration.demo_steps import demonstrate

    page = demonstrate(Path(args.output), args.seconds, results_console(), overwrite=args.overwrite)
    say(f"The page is ready: {real_path(page)}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = VerbParser(
        prog="opticalzoom demo", description="See a network learn a lens and zoom a photo, in a few minutes."
    )
    parser.add_argument("-o", "--output", default="demo", metavar="FOLDER", help="where the page goes (default: demo)")
    parser.add_argument(
        "--seconds", type=positive_number(86400), default=_SECONDS, help=f"time for training (default: {_SECONDS:g})"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a page that is there already")
    return parser
