"""The command ``opticalzoom``: a verb and its arguments; each verb is imported only when it is called."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.metadata import version

from opticalzoom.errors import OpticalZoomError

VERBS = {
    "demo": ("opticalzoom.cli.demo", "see a network learn a lens and zoom a photo, in a few minutes"),
    "prepare": ("opticalzoom.cli.prepare", "register a card of zoom shots into training pairs, with a report"),
    "train": ("opticalzoom.cli.train", "learn a zoom from photo pairs"),
    "reproduce": ("opticalzoom.cli.reproduce", "train and score all rows of the paper's tables with equal budgets"),
    "evaluate": ("opticalzoom.cli.evaluate", "score weights on pairs, with bicubic beside them"),
    "misalign": ("opticalzoom.cli.misalign", "write misaligned pairs with the truth, for other people's code"),
    "zoom": ("opticalzoom.cli.zoom", "zoom photographs"),
    "export": ("opticalzoom.cli.export", "write weights as ONNX, for other programs and runtimes"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; returns the exit code: 2 for what the user can mend, 130 after Ctrl-C."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(usage())
        return 0
    if arguments[0] == "--version":
        print(version("opticalzoom"))
        return 0
    if arguments[0] not in VERBS:
        print(f"opticalzoom: there is no verb {arguments[0]!r}.\n{usage()}", file=sys.stderr)
        return 2
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # PyTorch asks Linux for large pages: zooming takes a tenth less
    try:
        return int(import_module(VERBS[arguments[0]][0]).run(arguments[1:]))
    except OpticalZoomError as error:
        print(f"opticalzoom {arguments[0]}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("opticalzoom: interrupted; finished outputs are kept.", file=sys.stderr)
        return 130


def usage() -> str:
    """The verbs, a line each."""
    lines = [f"  {verb:<10} {what}" for verb, (_, what) in VERBS.items()]
    return "\n".join(["usage: opticalzoom VERB …", "", *lines, "", "opticalzoom VERB --help tells the rest."])
