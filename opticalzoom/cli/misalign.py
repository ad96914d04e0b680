"""The verb ``misalign``: pairs with injected misalignment as files for other people's code, and a check of copies."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from opticalzoom.errors import ConfigError, OutputExistsError, PairError
from opticalzoom.pairs.benchmark_set import Job, PairSet, Written, new_manifest, pair_sets, write_pair
from opticalzoom.pairs.fingerprints import MANIFEST, Manifest, problems, read_manifest, set_fingerprint, write_manifest
from opticalzoom.pairs.sources import Source, SourceName, open_source
from opticalzoom.parallel.schedule import run_here
from opticalzoom.registration.same_view import Method
from opticalzoom.weights.contract import SCALES

_STRENGTHS = (0.0, 8.0, 24.0, 40.0, 80.0)
_LOCAL = 2.0
_LOST = "its process died twice; perhaps for lack of memory"


def run_misalign(arguments: list[str]) -> int:
    """``opticalzoom misalign``: writes the sets, or checks them; goes on where an earlier run stopped.

    Raises:
        OpticalZoomError: the pairs cannot be used, the output cannot be written, or a check failed.
        KeyboardInterrupt: after Ctrl-C; finished pairs are kept.
    """
    args = _parser().parse_args(arguments)
    console, output = Console(), Path(args.output).expanduser()
    if args.check:
        return check(output, console)
    if args.data is None:
        raise ConfigError("--data is missing.", remedy="Name the folder of the pairs, or use --check.")
    source = open_source(args.data, args.source, scale=args.scale, camera=args.camera, seed=args.seed)
    if not source.registered:
        raise ConfigError(
            "the true displacement is only known where pairs are aligned to begin with.",
            path=args.data,
            remedy="Use City100, plain photographs, or what `opticalzoom prepare` wrote.",
        )
    misalignments = list(zip(args.strengths, local_fields(args.strengths, args.local), strict=True))
    sets = pair_sets(misalignments, args.parallax, args.registration, args.seed)
    manifests = {pairs: open_set(source, pairs, output, args.overwrite) for pairs in sets}
    jobs = [
        Job(source, name, pairs, output / pairs.name)
        for pairs, manifest in manifests.items()
        for name in manifest["names"]
        if not is_done(output / pairs.name, manifest, name)
    ]
    write_all(jobs, manifests, args.workers, console)
    return _finish(output, manifests, console)


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


def open_set(source: Source, pairs: PairSet, output: Path, overwrite: bool) -> Manifest:
    """The manifest to go on with.

    Raises:
        OutputExistsError: the folder holds pairs of other parameters or versions, or something else.
    """
    folder, fresh = output / pairs.name, new_manifest(source, pairs)
    known = None if overwrite else read_manifest(folder)
    if known is None:
        if not overwrite and folder.is_dir() and any(folder.iterdir()):
            raise OutputExistsError("holds other files.", path=folder, remedy="Choose another -o, or add --overwrite.")
        write_manifest(folder, fresh)
        return fresh
    for part in ("parameters", "versions", "names"):
        if known[part] != fresh[part]:
            raise OutputExistsError(
                f"was made with other {part}: {known[part]}, now {fresh[part]}.",
                path=folder / MANIFEST,
                remedy="Choose another -o, or add --overwrite.",
            )
    return {**known, "left_out": {}}  # the reason may be gone


def is_done(folder: Path, manifest: Manifest, name: str) -> bool:
    """Whether a pair is in the manifest and its files are there."""
    files = manifest["pairs"].get(name, {})
    return bool(files) and all((folder / file).is_file() for file in files)


def write_all(jobs: list[Job], manifests: dict[PairSet, Manifest], workers: int, console: Console) -> None:
    """Write the pairs, each into its set's manifest as soon as it is there.

    Raises:
        KeyboardInterrupt: after Ctrl-C.
    """
    for done in _watched(run_here(write_pair, jobs, workers, _lost), len(jobs), console):
        manifest = manifests[done.job.pairs]
        if done.reason:
            manifest["left_out"][done.job.name] = done.reason
        else:
            manifest["pairs"][done.job.name] = done.files
        write_manifest(done.job.folder, manifest)


def _watched(work: Iterator[Written], total: int, console: Console) -> Iterator[Written]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("Writing pairs", total=total)
        for done in work:
            bar.update(task, advance=1, description=f"Writing pairs: {done.job.pairs.name}")
            yield done


def _lost(job: Job) -> Written:
    return Written(job, {}, _LOST)


def _finish(output: Path, manifests: dict[PairSet, Manifest], console: Console) -> int:
    """Say what there is.

    Raises:
        PairError: there is no pair at all.
    """
    for pairs, manifest in manifests.items():
        for name, reason in manifest["left_out"].items():
            _say(console, f"left out: {pairs.name}: {name}: {reason}", "yellow")
        _say(console, f"{pairs.name}: {_summary(manifest)}")
    if not any(manifest["pairs"] for manifest in manifests.values()):
        raise PairError("no pair could be used.", path=output, remedy="The reasons are listed above.")
    return 0


def check(output: Path, console: Console) -> int:
    """Compare every array under a folder with the manifest of its set.

    Raises:
        PairError: something is missing or differs, or there is no manifest.
    """
    folders = [path.parent for path in sorted(output.rglob(MANIFEST))]
    manifests = {folder: manifest for folder in folders if (manifest := read_manifest(folder)) is not None}
    if not manifests:
        raise PairError(f"holds no {MANIFEST}.", path=output, remedy="Name the folder given as -o before.")
    wrong = dict(_checked(manifests, console))
    for folder, found in wrong.items():
        for text in found:
            _say(console, text, "red")
        verdict = "WRONG" if found else "as it should be"
        _say(console, f"{folder.relative_to(output)}: {verdict}, {_summary(manifests[folder])}")
    number = sum(map(len, wrong.values()))
    if number:
        raise PairError(f"{number} files are missing or differ.", path=output, remedy="Copy or make them again.")
    return 0


def _checked(manifests: dict[Path, Manifest], console: Console) -> Iterator[tuple[Path, list[str]]]:
    """What is wrong in each folder, with a progress bar."""
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Checking", total=sum(len(manifest["names"]) for manifest in manifests.values()))
        for folder, manifest in manifests.items():
            found = []
            for texts in problems(folder, manifest):
                found += texts
                bar.update(task, advance=1, description=f"Checking {folder.name}")
            yield folder, found


def _summary(manifest: Manifest) -> str:
    made, expected = len(manifest["pairs"]), len(manifest["names"])
    return f"{made} of {expected} pairs, fingerprint {set_fingerprint(manifest['pairs'])[:16]}"


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _pixels(text: str) -> float:
    with suppress(ValueError):
        value = float(text)
        if 0 <= value < math.inf:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is no displacement; give pixels, 0 or more")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="opticalzoom misalign",
        description="Write training pairs with injected, and so known, misalignment as folders that any program reads: "
        "x and y, masks, true displacement; test and validation pairs as they are; a manifest with fingerprints for "
        "each set. Every strength is combined with every parallax and registration. Run it again to go on after an "
        "interruption.",
    )
    parser.add_argument("--data", metavar="FOLDER", help="folder of aligned pairs, as City100")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where the sets go, or are")
    parser.add_argument("--check", action="store_true", help="write nothing: compare what is there with its manifests")
    parser.add_argument("--strengths", nargs="+", type=_pixels, default=list(_STRENGTHS), metavar="PX",
                        help="how far corners of Y move, in its pixels (default: 0 8 24 40 80)")  # fmt: skip
    parser.add_argument("--local", nargs="+", type=_pixels, metavar="PX",
                        help="largest displacement of a smooth local field: one, or one for each strength "
                        "(default: 2, and 0 for strength 0)")  # fmt: skip
    parser.add_argument("--parallax", nargs="+", type=_pixels, default=[0.0], metavar="PX",
                        help="how far a front layer moves against the rest (default: 0)")  # fmt: skip
    parser.add_argument("--registration", nargs="+", choices=get_args(Method), default=list(get_args(Method)),
                        help="what is done about it (default: all)")  # fmt: skip
    parser.add_argument("--source", choices=get_args(SourceName), default="auto", help="kind of pairs (default: auto)")
    parser.add_argument("--camera", choices=("NikonD5500", "iPhoneX"), default="NikonD5500", help="City100 only")
    parser.add_argument("--scale", type=int, choices=SCALES, default=3, help="Y over X (default: 3)")
    parser.add_argument("--seed", type=int, default=0, help="of every draw (default: 0)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--overwrite", action="store_true", help="make what is there again")
    return parser
