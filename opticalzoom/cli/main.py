"""The command ``opticalzoom``: a verb and its arguments; each verb is imported only when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import cast

from opticalzoom.errors import OpticalZoomError

VERBS = {  # verb -> (module:function, what it does)
    "demo": ("opticalzoom.cli.demo:run_demo", "see a network learn a lens and zoom a photo, in a few minutes"),
    "prepare": (
        "opticalzoom.cli.prepare:run_prepare",
        "register a card of zoom shots into training pairs, with a report",
    ),
    "train": ("opticalzoom.cli.train:run_train", "learn a zoom from photo pairs"),
    "reproduce": (
        "opticalzoom.cli.reproduce:run_reproduce",
        "train and score all rows of the paper's tables with equal budgets",
    ),
    "evaluate": ("opticalzoom.cli.evaluate:run_evaluate", "score weights on pairs, with bicubic beside them"),
    "misalign": (
        "opticalzoom.cli.misalign:run_misalign",
        "write misaligned pairs with the truth, for other people's code",
    ),
    "zoom": ("opticalzoom.cli.zoom:run_zoom", "zoom photographs"),
    "export": ("opticalzoom.cli.export:run_export", "write weights as ONNX, for other programs and runtimes"),
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
        return entry_point(arguments[0])(arguments[1:])
    except OpticalZoomError as error:
        print(f"opticalzoom {arguments[0]}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("opticalzoom: interrupted; finished outputs are kept.", file=sys.stderr)
        return 130


def entry_point(verb: str) -> Callable[[list[str]], int]:
    """The function of a verb, which takes the words that follow it and returns the exit code."""
    module, _, function = VERBS[verb][0].partition(":")
    return cast(Callable[[list[str]], int], getattr(import_module(module), function))


def usage() -> str:
    """The verbs, a line each."""
    lines = [f"  {verb:<10} {what}" for verb, (_, what) in VERBS.items()]
    return "\n".join(["usage: opticalzoom VERB …", "", *lines, "", "opticalzoom VERB --help tells the rest."])
