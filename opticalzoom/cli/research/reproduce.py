"""The verb ``reproduce``: train and score all rows of a study with equal budgets, and write its table."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from opticalzoom.cli.console import results_console, say
from opticalzoom.cli.value_types import (
    MOST_SEED,
    MOST_STEPS,
    MOST_WORKERS,
    VerbParser,
    duration,
    named_file,
    whole_number,
)
from opticalzoom.errors import ConfigError
from opticalzoom.evaluation.labels import PERCEPTUAL_NAMES
from opticalzoom.evaluation.studies.study import Size, studies
from opticalzoom.pairs.kinds import CAMERAS

if TYPE_CHECKING:
    from opticalzoom.evaluation.studies.run import Runner

SR_RAW = "sr-raw"
_PRETRAINED = "rows that are only scored: weights of ours, or another project's (needs opticalzoom[spandrel])"


def run_reproduce(arguments: list[str]) -> int:
    """``opticalzoom reproduce``: 2 if a row failed.

    Raises:
        OpticalZoomError: nothing could be done.
        KeyboardInterrupt: after Ctrl-C; the same command goes on.
    """
    arguments, flags = _split(arguments)
    args = _parser().parse_args(arguments)
    from opticalzoom.evaluation.studies.output import write_figures, write_tables
    from opticalzoom.evaluation.studies.run import Runner
    from opticalzoom.evaluation.studies.settings import Order, Settings
    from opticalzoom.evaluation.studies.study import load_study
    from opticalzoom.evaluation.studies.study_tables import lines_terminal

    size: Size = args.size or ("paper" if args.data == SR_RAW else "lite")
    study, out = load_study(args.study), Path(args.output)
    rows = study.choose(args.rows)
    order = Order(
        out=out,
        data=_data(args, out),
        seeds=tuple(args.seeds),
        jobs=args.jobs,
        steps=args.steps,
        budget=args.budget,
        metrics=tuple(args.perceptual),
        pretrained=dict(args.pretrained),
        flags=flags,
    )
    runner = Runner(study, rows, Settings.load(out / "study.json", args.study, size), order)
    try:
        runner.go(lambda: write_tables(runner, _setting(runner, size)))
    except KeyboardInterrupt:
        write_tables(runner, _setting(runner, size))
        say(f"Stopped. The same command goes on with {out}")
        raise
    found = write_tables(runner, _setting(runner, size))
    if not found:
        raise ConfigError("no row could be scored.", path=out, remedy="The reasons are above.")
    write_figures(runner, found)
    results_console().print(lines_terminal(found))
    say(f"Tables, figures and rows are in {out}")
    return 2 if runner.failures else 0


def _setting(runner: Runner, size: Size) -> str:
    """How the rows were trained, in a sentence; where the user keeps things is nobody's business."""
    data, seeds = runner.runs[0].config["data"], len(runner.order.seeds)
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--data.batch_size", dest="patches", default=data["batch_size"])
    parser.add_argument("--data.cache")
    given, flags = parser.parse_known_args(runner.order.flags)
    return (
        f"Every row: {runner.settings.steps} steps of {given.patches} patches, ×{data['scale']}, size {size}, "
        f"{seeds} seed{'s' if seeds > 1 else ''}{'; ' if flags else ''}{' '.join(flags)}."
    )


def _data(args: argparse.Namespace, out: Path) -> dict[str, object]:
    """Options of the data that all rows have; SR-RAW is registered first."""
    data: dict[str, object] = {"root": args.data}
    if args.camera:
        data["camera"] = args.camera
    if args.cache:
        data["cache"] = args.cache
    if args.data != SR_RAW:
        return data
    if args.root is None:
        raise ConfigError("sr-raw needs --root.", remedy="Name the folder with SR-RAW's train and test.")
    from opticalzoom.cli.prepare import run_prepare

    prepared = out / "prepared"
    run_prepare([args.root, "-o", str(prepared), "--scale", "4"])
    return data | {"root": str(prepared), "source": "prepared"}


def _split(arguments: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Our arguments, and those for ``opticalzoom train`` after ``--``."""
    if "--" not in arguments:
        return arguments, ()
    place = arguments.index("--")
    return arguments[:place], tuple(arguments[place + 1 :])


def _parser() -> argparse.ArgumentParser:
    parser = VerbParser(
        prog="opticalzoom reproduce",
        description="Train and score all rows of a study with equal budgets, and write its table, figures and curves. "
        "The same command goes on after an interruption. What follows -- goes to opticalzoom train, "
        "for example: -- --trainer.devices 4 --trainer.strategy ddp",
    )
    add = parser.add_argument
    add("study", choices=studies(), help="the paper's tables, or what misalignment does")
    add("--data", required=True, metavar="FOLDER", help="folder of the pairs, or sr-raw (with --root)")
    add("--root", metavar="FOLDER", help="SR-RAW as downloaded")
    add("-o", "--output", required=True, metavar="OUT", help="where rows, tables and figures go")
    add("--size", choices=get_args(Size), help="of networks and patches (default: lite; sr-raw: paper)")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--budget", type=duration, metavar="20m", help="time for training all rows together")
    length.add_argument("--steps", type=whole_number(1, MOST_STEPS), help="of every row (default: what the size says)")
    add(
        "--seeds",
        type=whole_number(0, MOST_SEED),
        nargs="+",
        default=[0],
        help="each row is trained with each of them (default: 0)",
    )
    add("--rows", nargs="+", default=[], metavar="ROW", help="only these; patterns such as 'sdcn*' (default: all)")
    add("--pretrained", type=named_file, nargs="+", default=[], metavar="NAME=FILE", help=_PRETRAINED)
    add(
        "--jobs",
        type=whole_number(1, MOST_WORKERS),
        default=1,
        help="rows at the same time; they share the processor's threads (default: 1)",
    )
    add("--perceptual", nargs="+", choices=PERCEPTUAL_NAMES, default=[], help="perceptual metrics as well")
    add("--camera", choices=CAMERAS, help="City100 only (default: NikonD5500)")
    add("--cache", metavar="FOLDER", help="of prepared pairs")
    return parser
