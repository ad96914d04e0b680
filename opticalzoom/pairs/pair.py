"""What every source of pairs is: a list of names, and a way to load the pair of each."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
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
        """Names of one part: here every tenth by a hash of its group is ``test``, another tenth ``val``."""
        if split == "all":
            return self.all_names()
        part = {0: "test", 1: "val"}
        tenths = {n: zlib.crc32(self.group(n).encode(errors="backslashreplace")) % 10 for n in self.all_names()}
        return [name for name, tenth in tenths.items() if part.get(tenth, "train") == split]


def as_rgb(pixels: Pixels) -> Pixels:
    """Three channels from one or three."""
    return pixels if pixels.shape[2] == 3 else np.concatenate([pixels] * 3, axis=2)
