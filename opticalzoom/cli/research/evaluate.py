"""The verb ``evaluate``: score weights on a folder of pairs, and write tables and pictures."""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import get_args

from opticalzoom.cli.console import complain, results_console, say
from opticalzoom.cli.value_types import VerbParser
from opticalzoom.errors import PairError
from opticalzoom.evaluation.labels import PERCEPTUAL_NAMES, PROTOCOLS
from opticalzoom.pairs.kinds import CAMERAS, SourceName, Split


def run_evaluate(arguments: list[str]) -> int:
    """``opticalzoom evaluate``: prints the table and writes :data:`report.FILES`.

    Raises:
        OpticalZoomError: the weights or the data cannot be used, or the output is there already.
    """
    args = _parser().parse_args(arguments)
    from opticalzoom.evaluation.foreign import load_method
    from opticalzoom.evaluation.linear_row import linear_method
    from opticalzoom.evaluation.loaders import load_pair, load_raw_pair
    from opticalzoom.evaluation.protocols import common_scale, evaluate
    from opticalzoom.evaluation.report import check_free, means, means_terminal, write_results
    from opticalzoom.metrics import METRICS, PERCEPTUAL
    from opticalzoom.pairs.sources import open_source
    from opticalzoom.parallel.progress import tracked

    output = Path(args.output)
    check_free(output, overwrite=args.overwrite)
    metrics = METRICS | {name: PERCEPTUAL[name]() for name in args.perceptual}
    methods = [load_method(*named) for named in zip(method_names(args.weights), args.weights, strict=True)]
    methods += [method.ensemble() for method in methods] if args.self_ensemble else []
    raw = any(method.contract.input == "raw" for method in methods)
    source = open_source(args.data, args.source, scale=common_scale(methods), camera=args.camera)
    names = source.names(args.split)
    if not names:
        remedy = "Add scenes: with two, one is for tests; with three, another for validation."
        raise PairError(f"holds no pairs of the split {args.split}.", path=args.data, remedy=remedy)
    linear = None if raw else linear_method(source, names)
    if linear:
        methods = [linear, *methods]
    elif not raw:
        complain("no row linear: every training pair is of a scene that is scored, or there is none")
    loaders = [partial(load_raw_pair if raw else load_pair, source, name) for name in names]
    pairs = tracked(loaders, "Evaluating", results_console())
    result = evaluate(methods, pairs, args.protocol, metrics)
    for reason in result.skipped:
        complain(f"left out: {reason}")
    if not result.rows:
        raise PairError("no pair could be evaluated.", path=args.data, remedy="The reasons are listed above.")
    results_console().print(means_terminal(means(result.rows)))
    leak = leak_note(names, source.names("train"))
    if leak:
        complain(leak)
    write_results(output, result.rows, result.examples, result.skipped, _command(args), leak, overwrite=args.overwrite)
    say(f"Results are in {output}")
    return 0


def leak_note(scored: Sequence[str], training: Sequence[str]) -> str:
    """What is to be said of scores on training pairs; empty if there are none among those that are scored."""
    known = set(scored) & set(training)
    if not known:
        return ""
    return (
        f"{len(known)} of {len(scored)} pairs are this folder's training pairs: weights that were trained on it know "
        "them, and score better here than on photos that they have not seen"
    )


def method_names(weights: Sequence[str]) -> list[str]:
    """File names without ending; whole paths where those would not tell the methods of a table apart."""
    from opticalzoom.evaluation.methods import BICUBIC, LINEAR, SHIPPED

    stems = [Path(path).stem for path in weights]
    taken = Counter([BICUBIC, LINEAR, SHIPPED, *stems])
    return [stem if taken[stem] == 1 else path for stem, path in zip(stems, weights, strict=True)]


def _parser() -> argparse.ArgumentParser:
    parser = VerbParser(
        prog="opticalzoom evaluate", description="Score weights on a folder of pairs; write tables and pictures."
    )
    parser.add_argument(
        "--weights",
        nargs="+",
        required=True,
        metavar="FILE",
        help="weights files, bundled names, or other projects' models (needs opticalzoom[spandrel])",
    )
    parser.add_argument("--data", required=True, metavar="FOLDER", help="folder of the pairs")
    parser.add_argument("--source", choices=get_args(SourceName), default="auto", help="kind of pairs (default: auto)")
    parser.add_argument("--camera", choices=CAMERAS, default="NikonD5500", help="City100 only")
    parser.add_argument("--split", choices=get_args(Split), default="test", help="which pairs (default: test)")
    parser.add_argument("--protocol", nargs="+", choices=tuple(PROTOCOLS), default=["honest"], help=_protocol_help())
    parser.add_argument(
        "--perceptual",
        nargs="+",
        choices=PERCEPTUAL_NAMES,
        default=[],
        help="perceptual metrics as well, lower is better: st_lpips (needs opticalzoom[perceptual]), lpips and dists "
        "(need torchvision and download a network)",
    )
    parser.add_argument(
        "--self-ensemble", action="store_true", help="a row more for each weights: the mean of eight flips and turns"
    )
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where tables and pictures go")
    parser.add_argument("--overwrite", action="store_true", help="replace results that are there already")
    return parser


def _protocol_help() -> str:
    return " ".join(f"{name}: {text}" for name, text in PROTOCOLS.items())


def _command(args: argparse.Namespace) -> str:
    """The command line that gives these results."""
    words = ["opticalzoom", "evaluate", "--weights", *args.weights, "--data", args.data, "--source", args.source]
    words += ["--camera", args.camera, "--split", args.split, "--protocol", *args.protocol]
    words += ["--perceptual", *args.perceptual] if args.perceptual else []
    words += ["--self-ensemble"] if args.self_ensemble else []
    words += ["-o", args.output]
    return shlex.join(words)
