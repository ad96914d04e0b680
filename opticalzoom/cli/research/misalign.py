"""The verb ``misalign``: pairs with injected misalignment as files for other people's code, and a check of copies."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import get_args

from opticalzoom.cli.console import complain, say, watch
from opticalzoom.cli.value_types import MOST_PIXELS, MOST_SEED, MOST_WORKERS, VerbParser, number_from_zero, whole_number
from opticalzoom.errors import ConfigError, PairError
from opticalzoom.files import home_path
from opticalzoom.pairs.kinds import CAMERAS, SourceName
from opticalzoom.registration.method import Method
from opticalzoom.weights.contract import SCALES

_STRENGTHS = (0.0, 8.0, 24.0, 40.0, 80.0)
_LOCAL = 2.0


def run_misalign(arguments: list[str]) -> int:
    """``opticalzoom misalign``: writes the sets, or checks them; goes on where an earlier run stopped.

    Raises:
        OpticalZoomError: the pairs cannot be used, the output cannot be written, or a check failed.
        KeyboardInterrupt: after Ctrl-C; finished pairs are kept.
    """
    args = _parser().parse_args(arguments)
    output = home_path(args.output)
    if args.check:
        return _check(output)
    if args.data is None:
        raise ConfigError("--data is missing.", remedy="Name the folder of the pairs, or use --check.")
    return _write(args, output)


def local_fields(strengths: Sequence[float], local: Sequence[float] | None) -> list[float]:
    """The local field of each strength: those given, the one given for all, or 2 pixels but for strength 0.

    Raises:
        ConfigError: there are neither one nor as many as strengths.
    """
    if local is None:
        return [_LOCAL if strength else 0.0 for strength in strengths]
    if len(local) not in {1, len(strengths)}:
        raise ConfigError(f"{len(local)} values of --local, expected one or {len(strengths)}, as of --strengths.")
    return list(local) * (len(strengths) // len(local))


def _write(args: argparse.Namespace, output: Path) -> int:
    """Write the sets and say what there is.

    Raises:
        OpticalZoomError: the pairs cannot be used, or the output cannot be written.
    """
    from opticalzoom.pairs.benchmark_files import summary, write_sets
    from opticalzoom.pairs.benchmark_set import pair_sets
    from opticalzoom.pairs.sources import open_source

    source = open_source(args.data, args.source, scale=args.scale, camera=args.camera, seed=args.seed)
    if not source.registered:
        raise ConfigError(
            "the true displacement is only known where pairs are aligned to begin with.",
            path=args.data,
            remedy="Use City100, plain photographs, or what `opticalzoom prepare` wrote.",
        )
    misalignments = list(zip(args.strengths, local_fields(args.strengths, args.local), strict=True))
    sets = pair_sets(misalignments, args.parallax, args.registration, args.seed)
    bar = partial(watch, describe=lambda _, written: f"Writing pairs: {written.job.pairs.name}", title="Writing pairs")
    manifests = write_sets(source, sets, output, workers=args.workers, overwrite=args.overwrite, watch=bar)
    for pairs, manifest in manifests.items():
        for name, reason in manifest["left_out"].items():
            complain(f"left out: {pairs.name}: {name}: {reason}")
        say(f"{pairs.name}: {summary(manifest)}")
    if not any(manifest["pairs"] for manifest in manifests.values()):
        raise PairError("no pair could be used.", path=output, remedy="The reasons are listed above.")
    return 0


def _check(output: Path) -> int:
    """Say of every set whether it is as its manifest says.

    Raises:
        PairError: something is missing or differs, or there is no manifest.
    """
    from opticalzoom.pairs.benchmark_files import check_sets, summary

    wrong = 0
    bar = partial(watch, describe=lambda done, _: f"Checking: {done} pairs", title="Checking")
    for folder, manifest, found in check_sets(output, bar):
        for text in found:
            complain(text)
        say(f"{folder.relative_to(output)}: {'WRONG' if found else 'as it should be'}, {summary(manifest)}")
        wrong += len(found)
    if wrong:
        raise PairError(f"{wrong} files are missing or differ.", path=output, remedy="Copy or make them again.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = VerbParser(
        prog="opticalzoom misalign",
        description="Write training pairs with injected, and so known, misalignment as folders that any program reads: "
        "x and y, masks, true displacement; test and validation pairs as they are; a manifest with fingerprints for "
        "each set. Every strength is combined with every parallax and registration. Run it again to go on after an "
        "interruption.",
    )
    parser.add_argument("--data", metavar="FOLDER", help="folder of aligned pairs, as City100")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where the sets go, or are")
    parser.add_argument("--check", action="store_true", help="write nothing: compare what is there with its manifests")
    pixels = number_from_zero(MOST_PIXELS)
    parser.add_argument("--strengths", nargs="+", type=pixels, default=list(_STRENGTHS), metavar="PX",
                        help="how far corners of Y move, in its pixels (default: 0 8 24 40 80)")  # fmt: skip
    parser.add_argument("--local", nargs="+", type=pixels, metavar="PX",
                        help="largest displacement of a smooth local field: one, or one for each strength "
                        "(default: 2, and 0 for strength 0)")  # fmt: skip
    parser.add_argument("--parallax", nargs="+", type=pixels, default=[0.0], metavar="PX",
                        help="how far a front layer moves against the rest (default: 0)")  # fmt: skip
    parser.add_argument("--registration", nargs="+", choices=get_args(Method), default=list(get_args(Method)),
                        help="what is done about it (default: all)")  # fmt: skip
    parser.add_argument("--source", choices=get_args(SourceName), default="auto", help="kind of pairs (default: auto)")
    parser.add_argument("--camera", choices=CAMERAS, default="NikonD5500", help="City100 only")
    parser.add_argument("--scale", type=int, choices=SCALES, default=3, help="Y over X (default: 3)")
    parser.add_argument("--seed", type=whole_number(0, MOST_SEED), default=0, help="of every draw (default: 0)")
    parser.add_argument(
        "--workers",
        type=whole_number(1, MOST_WORKERS),
        default=os.cpu_count() or 1,
        help="processes (default: one a core)",
    )
    parser.add_argument("--overwrite", action="store_true", help="make what is there again")
    return parser
