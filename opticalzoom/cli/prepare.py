"""The verb ``prepare``: a folder of shots at different focal lengths becomes registered pairs and a report."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator

from opticalzoom.cli.console import complain, results_console, say, watch
from opticalzoom.cli.value_types import MOST_WORKERS, VerbParser, number_from_zero, whole_number
from opticalzoom.errors import PairError
from opticalzoom.files import home_path, real_path
from opticalzoom.pairs.manifest import NAME, Record
from opticalzoom.weights.contract import SCALES


def run_prepare(arguments: list[str]) -> int:
    """``opticalzoom prepare``: writes the manifest, the pairs and the report; goes on where an earlier run stopped.

    Raises:
        OpticalZoomError: nothing was found or could be used, or the output cannot be written.
        KeyboardInterrupt: after Ctrl-C; finished pairs are kept.
    """
    args = _parser().parse_args(arguments)
    from opticalzoom.pairs.preparing.prepare_card import prepare_card, survey_card, training_command

    photos, output = real_path(home_path(args.photos)), real_path(home_path(args.output))
    with results_console().status("Looking for scenes and pairs"):
        found = survey_card(photos, output)
    say(f"Found: {found}")
    try:
        done = prepare_card(
            photos,
            output,
            args.scale,
            tolerance=args.tolerance,
            workers=args.workers,
            scheduler=args.scheduler,
            found=found,
            watch=_watched,
            announce=lambda pairs, known: say(
                f"Pairs of shots for ×{args.scale}: {pairs}, {known} of them done before"
            ),
        )
    except KeyboardInterrupt:
        say(f"Stopped. Finished pairs are kept in {output}; the same command goes on.")
        raise
    for record in done.records:
        if not record["accepted"]:
            complain(f"rejected: {record['name']}: {record['reason']}")
    for problem in done.problems:
        complain(f"not used: {problem.path}: {problem.reason}")
    say(f"{len(done.accepted)} of {len(done.records)} pairs accepted. Look at them: {done.report}")
    if not done.accepted:
        raise PairError("no pair could be used.", path=photos, remedy=f"The reasons are above and in {done.report}.")
    say(f"Train: {training_command(output, args.scale)}")
    return 0


def _watched(work: Iterator[Record], total: int) -> Iterable[Record]:
    """The records, with a bar that counts verdicts."""
    accepted = 0

    def describe(done: int, record: Record) -> str:
        nonlocal accepted
        accepted += record["accepted"]
        return f"Registering: {accepted} accepted, {done - accepted} rejected"

    return watch(work, total, describe, "Registering")


def _parser() -> argparse.ArgumentParser:
    parser = VerbParser(
        prog="opticalzoom prepare",
        description="Find the scenes of a folder of photos and RAW files, register shots of different focal lengths, "
        f"and write training pairs, {NAME} and a report. Run it again to go on after an interruption.",
    )
    parser.add_argument("photos", metavar="PHOTOS", help="folder of photos, with all folders in it")
    parser.add_argument("-o", "--output", required=True, metavar="PREPARED", help="where the pairs go")
    parser.add_argument("--scale", type=int, choices=SCALES, default=4, help="of the pairs (default: 4)")
    parser.add_argument(
        "--tolerance",
        type=number_from_zero(1),
        default=0.25,
        help="how far the focal ratio may be from the scale (default: 0.25)",
    )
    parser.add_argument(
        "--workers",
        type=whole_number(1, MOST_WORKERS),
        default=os.cpu_count() or 1,
        help="processes (default: one for each core)",
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler, to work on a cluster")
    return parser
