"""Sets of misaligned pairs in a folder: made pair by pair, going on where an earlier run stopped, and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from opticalzoom.errors import OutputExistsError, PairError
from opticalzoom.pairs.benchmark_set import MadePair, PairSet, PairToMake, new_manifest, write_pair
from opticalzoom.pairs.fingerprints import (
    MANIFEST,
    Manifest,
    problems,
    read_set_manifest,
    set_fingerprint,
    write_set_manifest,
)
from opticalzoom.pairs.pair import Source
from opticalzoom.parallel.schedule import run_here

_LOST = "its process died twice; perhaps for lack of memory"

WatchWriting = Callable[[Iterator[MadePair], int], Iterable[MadePair]]
"""(pairs as they are written, how many there will be) -> the same pairs; for a progress bar."""
WatchChecking = Callable[[Iterator[list[str]], int], Iterable[list[str]]]
"""(what is wrong with each pair, how many there are) -> the same; for a progress bar."""


def write_sets(
    source: Source,
    sets: Sequence[PairSet],
    output: Path,
    *,
    workers: int = 1,
    overwrite: bool = False,
    watch: WatchWriting = lambda pairs, _: pairs,
) -> dict[PairSet, Manifest]:
    """Write all pairs that are not there yet, each into its set's manifest as soon as it is there.

    Args:
        source: of aligned pairs.
        sets: how its pairs are misaligned; each becomes a folder.
        output: folder of these folders.
        workers: processes, at least 1.
        overwrite: whether to make again what is there.
        watch: sees every pair that is written.

    Returns:
        The manifests, with every pair and with those that cannot be used.

    Raises:
        OutputExistsError: a folder holds pairs of other parameters or versions, or something else.
        OpticalZoomError: the output cannot be written.
        KeyboardInterrupt: after Ctrl-C; finished pairs are kept.
    """
    manifests = {pairs: _open_set(source, pairs, output, overwrite) for pairs in sets}
    jobs = [
        PairToMake(source, name, pairs, output / pairs.name)
        for pairs, manifest in manifests.items()
        for name in manifest["names"]
        if not _is_there(output / pairs.name, manifest, name)
    ]
    for done in watch(run_here(write_pair, jobs, workers, _lost), len(jobs)):
        manifest = manifests[done.job.pairs]
        if done.reason:
            manifest["left_out"][done.job.name] = done.reason
        else:
            manifest["pairs"][done.job.name] = done.files
        write_set_manifest(done.job.folder, manifest)
    return manifests


def check_sets(
    output: Path, watch: WatchChecking = lambda pairs, _: pairs
) -> Iterator[tuple[Path, Manifest, list[str]]]:
    """Compare every array under a folder with the manifest of its set.

    Args:
        output: folder of the sets.
        watch: sees what is wrong with every pair.

    Yields:
        A set's folder, its manifest, and what is missing or differs.

    Raises:
        PairError: there is no manifest, or one is damaged.
    """
    folders = [path.parent for path in sorted(output.rglob(MANIFEST))]
    manifests = {folder: manifest for folder in folders if (manifest := read_set_manifest(folder)) is not None}
    if not manifests:
        raise PairError(f"holds no {MANIFEST}.", path=output, remedy="Name the folder given as -o before.")
    for folder, manifest in manifests.items():
        found = watch(problems(folder, manifest), len(manifest["names"]))
        yield folder, manifest, [text for texts in found for text in texts]


def summary(manifest: Manifest) -> str:
    """How many of a set's pairs there are, and one word to compare copies by."""
    made, expected = len(manifest["pairs"]), len(manifest["names"])
    return f"{made} of {expected} pairs, fingerprint {set_fingerprint(manifest['pairs'])[:16]}"


def _open_set(source: Source, pairs: PairSet, output: Path, overwrite: bool) -> Manifest:
    """The manifest to go on with.

    Raises:
        OutputExistsError: the folder holds pairs of other parameters or versions, or something else.
    """
    folder, fresh = output / pairs.name, new_manifest(source, pairs)
    known = None if overwrite else read_set_manifest(folder)
    if known is None:
        if not overwrite and folder.is_dir() and any(folder.iterdir()):
            raise OutputExistsError("holds other files.", path=folder, remedy="Choose another -o, or add --overwrite.")
        write_set_manifest(folder, fresh)
        return fresh
    for part in ("parameters", "versions", "names"):
        if known[part] != fresh[part]:
            raise OutputExistsError(
                f"was made with other {part}: {known[part]}, now {fresh[part]}.",
                path=folder / MANIFEST,
                remedy="Choose another -o, or add --overwrite.",
            )
    return {**known, "left_out": {}}  # the reason may be gone


def _is_there(folder: Path, manifest: Manifest, name: str) -> bool:
    """Whether a pair is in the manifest and its files are there."""
    files = manifest["pairs"].get(name, {})
    return bool(files) and all((folder / file).is_file() for file in files)


def _lost(job: PairToMake) -> MadePair:
    return MadePair(job, {}, _LOST)
