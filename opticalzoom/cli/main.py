"""The command ``opticalzoom``: a verb and its arguments; each verb is imported only when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import cast

from opticalzoom.cli.console import accept_all_characters, flush_results, lament, say_plainly
from opticalzoom.errors import DependencyError, UnforeseenError

VERBS = {
    "demo": ("demo:run_demo", "see a network learn a lens and zoom a photo, in a few minutes"),
    "learn": ("learn:run_learn", "learn your own lens: a card of scenes photographed twice, one command"),
    "prepare": ("prepare:run_prepare", "register a card of zoom shots into training pairs, with a report"),
    "train": ("research.train:run_train", "learn a zoom from photo pairs"),
    "reproduce": (
        "research.reproduce:run_reproduce",
        "train and score all rows of the paper's tables with equal budgets",
    ),
    "evaluate": ("research.evaluate:run_evaluate", "score weights on pairs, with bicubic beside them"),
    "misalign": ("research.misalign:run_misalign", "write misaligned pairs with the truth, for other people's code"),
    "zoom": ("zoom:run_zoom", "zoom photographs"),
    "lenses": ("learned_lenses:run_lenses", "list, show, remove, export or import the lenses that were learned"),
    "export": ("export:run_export", "write weights as ONNX, for other programs and runtimes"),
}
"""Verb -> (module of :mod:`opticalzoom.cli` and function in it, what it does)."""

EXTRAS = {
    "train": ("torch", "pytorch_lightning", "lightning_fabric", "jsonargparse", "torchmetrics", "tensorboard", "yaml"),
    "demo": ("skimage",),
    "reproduce": ("matplotlib",),
}
"""Extra -> packages that it installs, of which a small installation has none."""


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; returns the exit code.

    Args:
        arguments: the verb and what follows it; by default those of the process.

    Returns:
        0 when all is done; 2 for what the user can mend; 1 for a mistake of this program's, whose traceback is in a
        file that the message names; 130 after Ctrl-C, as shells have it.

    Raises:
        SystemExit: after ``--help`` and for options that make no sense, as :mod:`argparse` has it, and with code 1 when
            nobody reads the output any more.
    """
    words = sys.argv[1:] if arguments is None else arguments
    accept_all_characters()
    try:
        try:
            return _run(words)
        finally:
            flush_results()
    except Exception as caught:
        from opticalzoom.parallel.faults import as_told

        error = as_told(caught)
        verb = f" {words[0]}" if words and words[0] in VERBS else ""
        lament(f"opticalzoom{verb}: {error}")
        return 1 if isinstance(error, UnforeseenError) else 2
    except KeyboardInterrupt:
        lament("opticalzoom: interrupted; finished outputs are kept.")
        return 130


def _run(words: list[str]) -> int:
    if words and words[0] in {"-h", "--help"}:
        say_plainly(usage())
        return 0
    if not words or words[0] == "--version":
        from opticalzoom.cli.about import describe_installation, greeting, own_version

        verbose = words[1:] == ["--verbose"]
        say_plainly(describe_installation() if verbose else own_version() if words else greeting())
        return 0
    if words[0] not in VERBS:
        print(f"opticalzoom: there is no verb {words[0]!r}.\n{usage()}", file=sys.stderr)
        return 2
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # PyTorch asks Linux for large pages: zooming takes a tenth less
    try:
        return entry_point(words[0])(words[1:])
    except ModuleNotFoundError as error:
        extra = missing_extra(error, words[0])
        if extra is None:
            raise
        remedy = f"Install what it needs with: pip install 'opticalzoom[{extra}]'"
        raise DependencyError(f"{error.name} is not installed.", remedy=remedy) from error


def entry_point(verb: str) -> Callable[[list[str]], int]:
    """The function of a verb, which takes the words that follow it and returns the exit code."""
    from importlib import import_module

    module, _, function = VERBS[verb][0].partition(":")
    return cast(Callable[[list[str]], int], getattr(import_module(f"opticalzoom.cli.{module}"), function))


def missing_extra(error: ModuleNotFoundError, verb: str) -> str | None:
    """The extra that installs what a verb needs, whose import failed; None for a package that no extra installs.

    A verb with an extra of its own name is told that one, as it brings the others that it needs.
    """
    package = (error.name or "").partition(".")[0]
    found = next((extra for extra, packages in EXTRAS.items() if package in packages), None)
    return verb if found and verb in EXTRAS else found


def usage() -> str:
    """The verbs, a line each."""
    lines = [f"  {verb:<10} {what}" for verb, (_, what) in VERBS.items()]
    more = "opticalzoom VERB --help tells the rest; opticalzoom --version --verbose tells what is installed."
    return "\n".join(["usage: opticalzoom VERB …", "", *lines, "", more])
