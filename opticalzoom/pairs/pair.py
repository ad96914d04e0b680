"""What every source of pairs is: a list of names, and a way to load the pair of each."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opticalzoom.pairs.kinds import Split
from opticalzoom.photo.raw.raw_file import RawPhoto

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Pair:
    """Two photographs of one scene as they come from the source.

    Attributes:
        name: unique in its source.
        x: short focal length, h×w×3 RGB, uint8 or uint16.
        y: long focal length, H×W×3 RGB, uint8 or uint16.
        resized: whether ``x`` was already enlarged to the size of ``y``.
        mask: H×W bool, pixels of ``y`` that can be trusted; None for all.
        mosaic: what the sensor recorded of exactly the field of ``x``, h×w, if the source has it.
    """

    name: str
    x: Pixels
    y: Pixels
    resized: bool
    mask: NDArray[np.bool_] | None = None
    mosaic: RawPhoto | None = None


class Source(ABC):
    """A list of named pairs.

    Attributes:
        scale: Y over the RGB size of X.
        registered: whether X and Y show the same point at the same place already.
    """

    registered = False

    def __init__(self, scale: int) -> None:
        self.scale = scale

    @abstractmethod
    def all_names(self) -> list[str]:
        """Names of all pairs, sorted."""

    @abstractmethod
    def load(self, name: str) -> Pair:
        """The pair of this name; PhotoError or PairError if it cannot be read or is none."""

    @abstractmethod
    def files(self, name: str) -> tuple[Path, ...]:
        """The files that the pair is made of, to tell whether it changed."""

    def describe(self) -> str:
        """Everything besides the files that the loaded pixels depend on."""
        return f"{type(self).__name__} x{self.scale}"

    def group(self, name: str) -> str:
        """What the pair has in common with others that belong into the same part of the data."""
        return name

    def names(self, split: Split = "all") -> list[str]:
        """Names of one part, see :func:`split_groups`."""
        if split == "all":
            return self.all_names()
        parts = split_groups({self.group(name) for name in self.all_names()})
        return [name for name in self.all_names() if parts[self.group(name)] == split]


def split_groups(groups: Collection[str], wanted: Sequence[Split] = ("train", "test", "val")) -> dict[str, Split]:
    """Which part of the data each group of pairs belongs to.

    Every tenth by a hash of its name is ``test``, another tenth ``val``, so that groups stay in their parts when others
    are added. None of the parts is empty where there are enough groups: an empty one gets the group of the lowest hash
    from the largest.

    Args:
        groups: their names.
        wanted: the parts, by importance; a single group is in the first. The others' groups are for training.
    """
    hashes = {group: zlib.crc32(group.encode(errors="backslashreplace")) for group in sorted(groups)}
    tenths: dict[int, Split] = {0: "test", 1: "val"}
    wanted = wanted[: max(1, len(hashes))]
    parts = {group: tenths.get(number % 10, "train") for group, number in hashes.items()}
    parts = {group: part if part in wanted else "train" for group, part in parts.items()}
    for part in wanted:
        found = Counter(parts.values())
        if parts and not found[part]:
            largest = max(wanted, key=lambda other: found[other])
            parts[min((g for g in parts if parts[g] == largest), key=lambda group: hashes[group])] = part
    return parts


def as_rgb(pixels: Pixels) -> Pixels:
    """Three channels from one or three."""
    return pixels if pixels.shape[2] == 3 else np.concatenate([pixels] * 3, axis=2)
