"""Misaligned pairs as files that any program reads, with the true displacement of every pixel.

A set is one way of misaligning and registering the training pairs, or a split as it is; each is a folder of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import numpy as np

from opticalzoom.pairs.fingerprints import Array, Manifest, fingerprint, versions, write_array
from opticalzoom.pairs.kinds import Split
from opticalzoom.pairs.pair import Pair, Source
from opticalzoom.pairs.registered import Preparation, aligned_target, both_grids
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.parallel.faults import as_told
from opticalzoom.registration.method import Method

FIELD_STEP = 1 / 32
"""Pixels of Y: displacements are rounded to it, as OpenCV rounds the positions that it samples at."""


@dataclass(frozen=True)
class PairSet:
    """How the pairs of a set come about.

    Attributes:
        split: of the source; only training pairs are misaligned.
        misalignment: injected into Y.
        method: registration that follows.
    """

    split: Split
    misalignment: Misalignment
    method: Method = "none"

    @property
    def name(self) -> str:
        """The set's folder: ``val``, ``test``, or as ``train/24px-local2-parallax12-flow``."""
        if self.split != "train":
            return self.split
        moves = self.misalignment
        return f"train/{moves.strength:g}px-local{moves.local:g}-parallax{moves.parallax:g}-{self.method}"


@dataclass(frozen=True)
class PairToMake:
    """A pair to write.

    Attributes:
        source: that it comes from.
        name: of the pair.
        pairs: the set that it belongs to.
        folder: of the set.
    """

    source: Source
    name: str
    pairs: PairSet
    folder: Path


@dataclass(frozen=True)
class MadePair:
    """What became of a job: file -> fingerprint, or the reason why there is none."""

    job: PairToMake
    files: dict[str, str]
    reason: str = ""


def pair_sets(
    misalignments: Sequence[tuple[float, float]], parallaxes: Sequence[float], methods: Sequence[Method], seed: int
) -> list[PairSet]:
    """The test and validation pairs as they are, and the training pairs in every combination.

    Args:
        misalignments: (corners, local field) in pixels of Y.
        parallaxes: of the front layer, in pixels of Y.
        methods: of registration.
        seed: of every draw.
    """
    trained = [
        PairSet("train", Misalignment(strength, local, seed, parallax), method)
        for (strength, local), parallax, method in product(misalignments, parallaxes, methods)
    ]
    return [PairSet("test", Misalignment()), PairSet("val", Misalignment()), *dict.fromkeys(trained)]


def new_manifest(source: Source, pairs: PairSet) -> Manifest:
    """A set's manifest before its first pair. Pairs can be added to it as long as all of it stays the same."""
    names = source.names(pairs.split)
    folder = source.files(names[0])[0].parent.name if names else ""
    parameters = {"folder": folder, "source": source.describe(), "scale": source.scale, **asdict(pairs)}
    return {"parameters": parameters, "versions": versions(), "names": names, "left_out": {}, "pairs": {}}


def write_pair(job: PairToMake) -> MadePair:
    """Make a pair's arrays and write them, in place of older ones; a pair that cannot be used gets a reason.

    Raises:
        OpticalZoomError: the output cannot be written.
    """
    try:
        arrays = pair_arrays(job.source.load(job.name), job.source.scale, job.pairs)
    except Exception as error:  # of every class, for damaged files
        return MadePair(job, {}, str(as_told(error)))
    if isinstance(arrays, str):
        return MadePair(job, {}, arrays)
    files = {f"{key}/{job.name}.{'npz' if key == 'field' else 'png'}": array for key, array in arrays.items()}
    for file, array in files.items():
        write_array(job.folder / file, array)
    return MadePair(job, {file: fingerprint(array) for file, array in files.items()})


def pair_arrays(pair: Pair, scale: int, pairs: PairSet) -> dict[str, Array] | str:
    """The arrays of a pair, or why it cannot be used.

    Returns:
        ``x`` h×w×3 and ``y`` sh×sw×3, uint8 or uint16; of training pairs also ``trusted``, sh×sw uint8, 255 where
        whoever prepared the pair trusts it; ``known``, the same, 255 where the truth is known; and ``field``,
        sh×sw×2 float32, the truth: y(p) shows what X, enlarged to Y's grid, shows at p + field(p), as (dy, dx).
    """
    small, large = both_grids(pair, scale)
    if min(small.shape[:2]) == 0:
        return f"X has {pair.x.shape[:2]} pixels, too small for ×{scale}"
    preparation = Preparation(misalignment=pairs.misalignment, method=pairs.method)
    y, trusted, found = aligned_target(pair, large, scale, preparation)
    if not found.ok:
        return found.reason
    if pairs.split != "train":
        return {"x": small, "y": y}
    motion = pairs.misalignment.motion(pair.name, *pair.y.shape[:2]).after(found.field)
    known = motion.known & found.visible
    masks = {"trusted": trusted.astype(np.uint8) * 255, "known": known.astype(np.uint8) * 255}
    steps = np.round(motion.field / np.float32(FIELD_STEP))
    return {"x": small, "y": y, **masks, "field": steps * np.float32(FIELD_STEP) + np.float32(0)}  # no −0
